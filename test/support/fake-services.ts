// Longer than other files: one fake of each service.
import type { Cluster } from '../../src/core/cluster/cluster.ts';
import { clusterNotFound } from '../../src/core/cluster/cluster-errors.ts';
import { connectionStrings } from '../../src/core/cluster/connection-strings.ts';
import { HathiError } from '../../src/core/errors.ts';
import type { OperationEvent, StoredError } from '../../src/core/operation/event.ts';
import type {
  Operation,
  OperationRecord,
  StageRecord,
} from '../../src/core/operation/operation.ts';
import { operationActions, planOf } from '../../src/core/operation/operation-actions.ts';
import { isFinished, type OperationState } from '../../src/core/operation/operation-state.ts';
import type { Step } from '../../src/core/operation/steps.ts';
import { deliveryExample, webhookExample } from '../../src/http/schemas/examples.ts';
import type { StoredResponse } from '../../src/ports/stores.ts';
import type { ClusterService } from '../../src/services/clusters/cluster-service.ts';
import type { ObservationService } from '../../src/services/observation/observation-service.ts';
import type { OperationService } from '../../src/services/operations/operation-service.ts';
import type { Caller, ClusterRequest } from '../../src/services/operations/requests.ts';
import type { RecordService } from '../../src/services/records/record-service.ts';
import type { IdempotencyService } from '../../src/services/server/idempotency-service.ts';
import type { MetricsService } from '../../src/services/server/metrics-service.ts';
import type {
  ReadinessCheck,
  ReadinessService,
} from '../../src/services/server/readiness-service.ts';
import type { WebhookService } from '../../src/services/webhooks/webhook-service.ts';

const NOW = '2026-01-02T03:04:05.000Z';

export function anOperation(step: Step, changes: Partial<OperationRecord> = {}): Operation {
  const operation: OperationRecord = {
    id: '01940000-0000-7000-8000-000000000001',
    cluster_id: '01940000-0000-7000-8000-0000000000aa',
    cluster_name: 'default',
    kind: step,
    access: 'change',
    state: 'running',
    input: {},
    approval: 'automatic',
    attempt: 1,
    cancel_level: 0,
    stages: [
      {
        position: 0,
        name: step,
        node: null,
        needs_approval: false,
        run_after: null,
        state: 'running',
        attempt: 1,
        started_at: NOW,
        ended_at: null,
        outcome: null,
        error: null,
      },
    ],
    error: null,
    run_after: null,
    created_at: NOW,
    started_at: NOW,
    ended_at: null,
    last_sequence: 0,
    ...changes,
  };
  return viewOf(operation);
}

function viewOf(operation: OperationRecord): Operation {
  return {
    ...operation,
    plan_id: planOf(operation),
    allowed_actions: operationActions(operation),
  };
}

/** An event of any type and data: most tests need only its order. */
export function anEvent(
  sequence: number,
  changes: { type?: string; stage?: string | null; data?: object } = {},
): OperationEvent {
  return {
    operation_id: '01940000-0000-7000-8000-000000000001',
    sequence,
    attempt: 1,
    at: NOW,
    type: 'terraform.log',
    stage: 'plan-terraform',
    position: 0,
    data: { level: 'info', message: 'Planning.' },
    ...changes,
  } as OperationEvent;
}

export function aCluster(name: string): Cluster {
  return {
    id: '01940000-0000-7000-8000-0000000000aa',
    name,
    spec: {
      name,
      target: 'local',
      instance_type: 't2.medium',
      replica_count: 2,
      postgres_version: '17',
      failover_profile: 'balanced',
      allow_list: [],
      parameters: {},
    },
    spec_revision: 1,
    infrastructure_revision: 1,
    terraform_generated_revision: 1,
    applied_revision: null,
    ansible_generated_revision: null,
    ansible_executed_revision: null,
    nodes: null,
    topology: null,
    labels: {},
    deletion_protection: false,
    status: 'not-created',
    conditions: [],
    pending_change: null,
    operation: null,
    latest_report: null,
    allowed_actions: ['update', 'destroy', 'forget'],
    created_at: NOW,
    updated_at: NOW,
  };
}

export interface Submission {
  step: Step;
  cluster: string;
  input: unknown;
  key?: string | null;
}

/** Operations that the test ends. It records the requests. */
export class FakeOperations implements OperationService {
  readonly submissions: Submission[] = [];
  readonly events: OperationEvent[] = [];
  /** Thrown by the next submission. */
  refusal: Error | null = null;
  /** What a waiter gets at once; null lets it wait until `end`. */
  outcome: Record<string, unknown> | null = {};
  waiting = 0;
  following = 0;
  private readonly operations = new Map<string, Operation>();
  private wake = Promise.withResolvers<void>();

  async createCluster(request: ClusterRequest, _caller: Caller): Promise<Operation> {
    if (this.refusal) throw this.refusal;
    const changes = { kind: 'create-cluster', cluster_name: request.name } as const;
    return this.add(anOperation('generate-terraform', changes));
  }

  async changeCluster(name: string): Promise<Operation | null> {
    if (this.refusal) throw this.refusal;
    const changes = { kind: 'change-cluster', cluster_name: name } as const;
    return this.add(anOperation('generate-terraform', changes));
  }

  async repairCluster(name: string): Promise<Operation> {
    if (this.refusal) throw this.refusal;
    const changes = { kind: 'repair-cluster', cluster_name: name } as const;
    return this.add(anOperation('generate-terraform', changes));
  }

  async switchover(name: string): Promise<Operation> {
    if (this.refusal) throw this.refusal;
    return this.add(anOperation('verify-replication', { kind: 'switchover', cluster_name: name }));
  }

  async retry(id: string): Promise<Operation> {
    return this.add(viewOf({ ...this.known(id), id: crypto.randomUUID(), state: 'queued' }));
  }

  async list() {
    return { entries: [...this.operations.values()], next_cursor: null };
  }

  async findByIdempotencyKey(): Promise<Operation | null> {
    return null;
  }

  async verifyAutomatically(): Promise<Operation> {
    return this.add(anOperation('verify-replication', { input: { automatic: true } }));
  }

  async submitStep(
    step: Step,
    cluster: string,
    input: unknown,
    _caller?: Caller,
  ): Promise<Operation> {
    if (this.refusal) throw this.refusal;
    this.submissions.push({ step, cluster, input });
    const operation = this.add(anOperation(step, { cluster_name: cluster }));
    if (this.outcome) this.end(operation.id, 'succeeded', { outcome: this.outcome });
    return operation;
  }

  add(operation: OperationRecord): Operation {
    const view = viewOf(operation);
    this.operations.set(operation.id, view);
    return view;
  }

  /** Adds events and wakes their followers. */
  emit(...events: OperationEvent[]): void {
    this.events.push(...events);
    this.wakeAll();
  }

  end(id: string, state: OperationState, { outcome = null, error = null }: EndOptions = {}): void {
    const before = this.known(id);
    const stages = before.stages.map((stage) => ({ ...stage, outcome, error }) as StageRecord);
    const last_sequence = this.events.at(-1)?.sequence ?? 0;
    this.add({ ...before, state, stages, error, last_sequence });
    this.wakeAll();
  }

  async waitForOutcome(id: string, signal: AbortSignal): Promise<Operation> {
    this.waiting += 1;
    try {
      while (!isFinished(this.known(id).state)) await this.woken(signal);
      return this.known(id);
    } finally {
      this.waiting -= 1;
    }
  }

  async get(id: string): Promise<Operation> {
    return this.known(id);
  }

  async *follow(id: string, after: number, signal: AbortSignal): AsyncGenerator<OperationEvent> {
    this.following += 1;
    let sequence = after;
    try {
      while (!signal.aborted) {
        const event = this.events.find((candidate) => candidate.sequence > sequence);
        if (event) {
          sequence = event.sequence;
          yield event;
        } else if (isFinished(this.known(id).state)) return;
        else await this.woken(signal).catch(() => undefined);
      }
    } finally {
      this.following -= 1;
    }
  }

  async cancel(id: string, level: 1 | 2): Promise<Operation> {
    return this.add({ ...this.known(id), state: 'cancelling', cancel_level: level });
  }

  async approve(id: string): Promise<Operation> {
    if (this.known(id).state !== 'awaiting-approval') {
      throw new HathiError('TRANSITION_NOT_ALLOWED', 'The operation does not wait for approval.');
    }
    return this.add({ ...this.known(id), state: 'queued' });
  }

  private known(id: string): Operation {
    const operation = this.operations.get(id);
    if (!operation) throw new HathiError('OPERATION_NOT_FOUND', `No operation has the id ${id}.`);
    return operation;
  }

  private wakeAll(): void {
    const { resolve } = this.wake;
    this.wake = Promise.withResolvers();
    resolve();
  }

  private async woken(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const listener = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', listener, { once: true });
    await Promise.race([this.wake.promise, aborted.promise]).finally(() =>
      signal.removeEventListener('abort', listener),
    );
  }
}

interface EndOptions {
  outcome?: Record<string, unknown> | null;
  error?: StoredError | null;
}

/** Clusters as the test put them in. */
export class FakeClusters implements ClusterService {
  readonly views = new Map<string, Cluster>();

  async list() {
    return { entries: [...this.views.values()], next_cursor: null };
  }

  async get(name: string) {
    const view = this.views.get(name);
    if (!view) throw clusterNotFound(name, [...this.views.keys()]);
    return { view, tag: `${view.id}.1` };
  }

  async nodes(name: string) {
    await this.get(name);
    return [];
  }

  async update(name: string) {
    return await this.get(name);
  }

  async forget(name: string) {
    await this.get(name);
    this.views.delete(name);
    return { cluster: name, forgotten: true as const, left: [], workspace: null };
  }

  async connection(name: string) {
    await this.get(name);
    return {
      cluster: name,
      user: 'postgres',
      password: 'made-for-a-test',
      database: 'postgres',
      ca_certificate: '-----BEGIN CERTIFICATE-----\n',
      ca_certificate_path: null,
      nodes: [
        {
          name: `${name}-1`,
          role: 'primary' as const,
          host: '127.0.0.1',
          port: 5432,
          private_host: '127.0.0.1',
          private_port: 5432,
          uri: 'postgresql://127.0.0.1/',
        },
      ],
      uri: 'postgresql://127.0.0.1/',
      strings: connectionStrings([], {
        user: 'postgres',
        password: 'made-for-a-test',
        database: 'postgres',
        caPath: 'ca.crt',
      }),
      observed_at: null,
    };
  }

  async latestReport(name: string): Promise<never> {
    await this.get(name);
    throw new HathiError('REPORT_NOT_FOUND', `Replication of ${name} was never verified.`);
  }
}

export class FakeReadiness implements ReadinessService {
  readonly list: ReadinessCheck[] = [{ name: 'database', ready: true, message: '' }];

  async checks() {
    return this.list;
  }
}

/** No plans and no reports. */
export class FakeRecords implements RecordService {
  async plans() {
    return { entries: [], next_cursor: null };
  }

  async plan(id: string): Promise<never> {
    throw new HathiError('PLAN_NOT_FOUND', `There is no plan ${id}.`);
  }

  async reports() {
    return { entries: [], next_cursor: null };
  }

  async report(id: string): Promise<never> {
    throw new HathiError('REPORT_NOT_FOUND', `There is no report ${id}.`);
  }

  async idOf(_kind: string, given: string) {
    return given;
  }
}

/** Keys in memory. */
export class FakeIdempotency implements IdempotencyService {
  readonly answers = new Map<string, StoredResponse>();

  async take(key: string) {
    return this.answers.get(key) ?? ('taken' as const);
  }

  async settle(key: string, answer: StoredResponse) {
    this.answers.set(key, answer);
  }
}

/** Requests as they were measured. */
export class FakeMetrics implements MetricsService {
  readonly contentType = 'text/plain; version=0.0.4; charset=utf-8';
  readonly requests: Parameters<MetricsService['requestEnded']>[0][] = [];
  streams = 0;

  requestEnded(request: Parameters<MetricsService['requestEnded']>[0]) {
    this.requests.push(request);
  }

  streamOpened() {
    this.streams += 1;
  }

  streamClosed() {
    this.streams -= 1;
  }

  async expose() {
    return `hathi_event_streams ${this.streams}\n`;
  }
}

/** A cluster without failovers, events and history. */
export const fakeObservations: ObservationService = {
  failovers: async () => ({ entries: [], next_cursor: null }),
  series: async (cluster, metric, { from, to }) => ({
    cluster,
    metric,
    unit: 'bytes',
    from: (from ?? new Date(NOW)).toISOString(),
    to: (to ?? new Date(NOW)).toISOString(),
    resolution_seconds: 5,
    nodes: [],
  }),
  follow: async () => (async function* () {})(),
};

/** A server without webhooks. */
export const fakeWebhooks: WebhookService = {
  create: async (request) => ({ ...webhookExample, ...request, secret: 'whsec_x' }),
  list: async () => [],
  get: async (id) => ({ ...webhookExample, id }),
  remove: async () => {},
  test: async (id) => ({ ...deliveryExample, webhook_id: id }),
  deliveries: async () => ({ entries: [], next_cursor: null }),
};
