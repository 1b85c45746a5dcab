/**
 * Stages and a target that make nothing, but write the records that the real ones write, so that
 * everything above them can be tried by the thousand without a machine.
 */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type PlannedNode, plannedNodes, type Topology } from '../../src/core/cluster/topology.ts';
import { HathiError } from '../../src/core/errors.ts';
import type { StageResult } from '../../src/core/operation/stage-results.ts';
import { STEPS, type Step } from '../../src/core/operation/steps.ts';
import type { SecretBox } from '../../src/ports/secrets.ts';
import type { Stage, StageContext } from '../../src/ports/stage.ts';
import type { PlanRecord } from '../../src/ports/stores.ts';
import { testStage } from './test-stages.ts';

export const FAKE_ENGINE = { name: 'terraform', version: '1.11.4', path: '/usr/bin/terraform' };
const SUPERUSER_PASSWORD = 'made-for-a-test';
const FILE = { path: 'terraform/main.tf', content: '# Nothing is made of this.\n' };

export interface FakeStageSettings {
  secretBox: SecretBox;
  /** What every stage takes, so that there is something to watch and to cancel. */
  stageMilliseconds: number;
  /** Events of verify-replication, one after the other; for followers of events. */
  events: { count: number; everyMilliseconds: number; bytes: number };
}

export function fakeStages(settings: FakeStageSettings): Stage[] {
  return STEPS.map((name) => {
    const run = async (context: StageContext) => {
      await sleep(settings.stageMilliseconds, undefined, { signal: context.signal }).catch(() => {
        throw new HathiError('OPERATION_CANCELLED', `${name} was cancelled.`);
      });
      return await WORK[name](context, settings);
    };
    return testStage({ name, afterCrash: 'run-again', run });
  });
}

type Work<Name extends Step> = (
  context: StageContext,
  settings: FakeStageSettings,
) => Promise<StageResult<Name>>;

const WORK: { [Name in Step]: Work<Name> } = {
  async 'generate-terraform'({ cluster, write }) {
    await write(({ clusters }) =>
      clusters.update(cluster.id, {
        terraform_generated_revision: cluster.infrastructure_revision,
      }),
    );
    return {
      cluster: cluster.name,
      spec_revision: cluster.spec_revision,
      workspace: `/clusters/${cluster.name}`,
      files: [writtenFile()],
      engine: FAKE_ENGINE,
      notes: [],
    };
  },
  async 'plan-terraform'(context, { secretBox }) {
    const plan = await insertPlan(context, secretBox, false);
    const { id, digest, summary, changes } = plan;
    return { plan_id: id, digest, summary, changes, engine: FAKE_ENGINE };
  },
  async 'apply-terraform'({ cluster, operation, outcomeOf, read, write }) {
    const wanted = operation.input.plan_id ?? outcomeOf('plan-terraform')?.plan_id;
    const plan =
      typeof wanted === 'string'
        ? await read.plans.get(wanted)
        : await read.plans.latest(cluster.id);
    if (!plan || plan.destroy || plan.state === 'stale') {
      throw new HathiError('PLAN_STALE', 'The plan cannot be applied.', { plan_id: plan?.id });
    }
    if (plan.state === 'applied') return plan.outcome as StageResult<'apply-terraform'>;
    const nodes = plannedNodes(cluster.spec).map(madeNode);
    const resources = { added: nodes.length, changed: 0, destroyed: 0 };
    const outcome = { plan_id: plan.id, applied: true as const, resources, nodes };
    await write(async ({ clusters, plans }) => {
      await plans.setState(plan.id, 'applying');
      await plans.setState(plan.id, 'applied', outcome);
      await clusters.update(cluster.id, {
        nodes,
        applied_revision: plan.infrastructure_revision,
        applied_spec: cluster.spec,
      });
    });
    return outcome;
  },
  async 'create-ansible-script'({ cluster, write }, { secretBox }) {
    const seal = (name: string, text: string) =>
      secretBox.seal(Buffer.from(text), `secret:${cluster.id}:${name}`);
    await write(async ({ clusters, secrets }) => {
      for (const [name, text] of [
        ['postgres-superuser-password', SUPERUSER_PASSWORD],
        ['ca-certificate', '-----BEGIN CERTIFICATE-----\n'],
      ] as const) {
        await secrets.insertIfAbsent(cluster.id, name, seal(name, text));
      }
      await clusters.update(cluster.id, { ansible_generated_revision: cluster.spec_revision });
    });
    const parameters = Object.entries(cluster.spec.parameters);
    return {
      cluster: cluster.name,
      workspace: `/clusters/${cluster.name}/ansible`,
      files: [writtenFile()],
      inventory: '[postgres]\n',
      parameters: parameters.map(([name, value]) => ({
        name,
        value,
        scope: 'dynamic',
        restart: false,
        source: 'spec',
      })),
    };
  },
  async 'execute-ansible-script'({ cluster, write }) {
    const topology = seenTopology(plannedNodes(cluster.spec));
    await write(({ clusters }) =>
      clusters.update(cluster.id, {
        topology,
        ansible_executed_revision: cluster.ansible_generated_revision,
        executed_spec: cluster.spec,
      }),
    );
    const each = { ok: 9, changed: 3, failed: 0, unreachable: 0, skipped: 1 };
    return {
      cluster: cluster.name,
      recap: Object.fromEntries(topology.nodes.map(({ name }) => [name, each])),
      changed: 3 * topology.nodes.length,
      parameters: { checked: 0, nodes: 0 },
      topology,
      connection: `/api/v1/clusters/${cluster.name}/connection`,
    };
  },
  async 'verify-replication'({ cluster, operation, signal, emit, write }, { events }) {
    for (let index = 0; index < events.count && !signal.aborted; index++) {
      await emit({
        type: 'terraform.log',
        data: {
          level: 'info',
          message: `${performance.timeOrigin + performance.now()} ${'x'.repeat(events.bytes)}`,
        },
      });
      if (events.everyMilliseconds > 0) await sleep(events.everyMilliseconds);
    }
    const topology = seenTopology(plannedNodes(cluster.spec));
    const document = {
      cluster: cluster.name,
      spec_revision: cluster.spec_revision,
      passed: true,
      primary: topology.primary,
      system_identifier: null,
      timeline: null,
      marker: { id: randomUUID(), lsn: null, removed: true },
      nodes: [],
      failover: null,
      observed_at: topology.observed_at,
      duration_ms: 1,
    };
    await write(async ({ clusters, reports }) => {
      await reports.insert({
        id: randomUUID(),
        cluster_id: cluster.id,
        operation_id: operation.id,
        passed: true,
        document,
      });
      await clusters.update(cluster.id, { topology });
    });
    return document;
  },
  async 'destroy-terraform'(context, { secretBox }) {
    const { cluster, write } = context;
    const { id } = await insertPlan(context, secretBox, true);
    await write(async ({ clusters, plans, secrets }) => {
      await plans.setState(id, 'applying');
      await plans.setState(id, 'applied', {
        plan_id: id,
        resources: { added: 0, changed: 0, destroyed: cluster.nodes?.length ?? 0 },
      });
      await secrets.deleteAll(cluster.id);
      await clusters.update(cluster.id, { destroyed_at: new Date().toISOString() });
    });
    return { destroyed: true, resources: { destroyed: cluster.nodes?.length ?? 0 }, left: [] };
  },
};

async function insertPlan(
  { cluster, operation, write }: StageContext,
  secretBox: SecretBox,
  destroy: boolean,
): Promise<Omit<PlanRecord, 'created_at'>> {
  const id = randomUUID();
  const bytes = Buffer.from(`plan ${id}`);
  const nodes = plannedNodes(cluster.spec);
  const actions = [destroy ? 'delete' : 'create'];
  const plan: Omit<PlanRecord, 'created_at'> = {
    id,
    cluster_id: cluster.id,
    operation_id: operation.id,
    infrastructure_revision: cluster.infrastructure_revision,
    state: 'ready',
    destroy,
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    lock_file: '',
    base_state: null,
    engine: { name: 'terraform', version: FAKE_ENGINE.version, configuration_digest: '' },
    summary: {
      add: destroy ? 0 : nodes.length,
      change: 0,
      replace: 0,
      destroy: destroy ? nodes.length : 0,
      empty: false,
    },
    changes: nodes.map(({ name }) => ({
      address: `terraform_data.node["${name}"]`,
      type: 'terraform_data',
      name,
      actions,
      before: null,
      after: { input: name },
      action_reason: null,
      attributes: [],
      node: name,
      part: 'container',
      role: null,
      effect: destroy ? 'loses-data' : 'adds',
    })),
    files: [FILE],
    sealed_file: secretBox.seal(bytes, `plan:${id}`),
    context: null,
    starts: [],
    refusals: [],
    outcome: null,
  };
  await write(async ({ plans }) => {
    await plans.retireReady(cluster.id);
    await plans.insert(plan);
  });
  return plan;
}

function writtenFile() {
  const sha256 = createHash('sha256').update(FILE.content).digest('hex');
  return { path: FILE.path, bytes: FILE.content.length, sha256 };
}

function madeNode({ name, ordinal, witness }: PlannedNode) {
  return {
    name,
    address: `10.0.0.${ordinal}`,
    subnet: '10.0.0.0/24',
    ssh_host: '127.0.0.1',
    ssh_port: 20_000 + ordinal,
    postgres_host: witness ? null : '127.0.0.1',
    postgres_port: witness ? null : 25_000 + ordinal,
    zone: null,
    instance_id: null,
  };
}

function seenTopology(nodes: readonly PlannedNode[]): Topology {
  return {
    primary: nodes[0]?.name ?? null,
    nodes: nodes.map(({ name, witness, ordinal }) => ({
      name,
      role: witness ? 'witness' : ordinal === 1 ? 'primary' : 'replica',
    })),
    observed_at: new Date().toISOString(),
  };
}
