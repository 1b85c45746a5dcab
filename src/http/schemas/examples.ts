// Longer than other files: all examples share the values of one cluster.
/** All examples describe the cluster `orders`, from its request to its verification. */

import type { Cluster } from '../../core/cluster/cluster.ts';
import { DEFAULT_CLUSTER } from '../../core/cluster/cluster-spec.ts';
import type { Connection } from '../../core/cluster/connection.ts';
import { connectionStrings, libpqUri } from '../../core/cluster/connection-strings.ts';
import type { Topology } from '../../core/cluster/topology.ts';
import type { Node } from '../../core/node/node.ts';
import type { ClusterEvent } from '../../core/observation/cluster-event.ts';
import type { Condition } from '../../core/observation/condition.ts';
import type { Failover } from '../../core/observation/failover.ts';
import type { Series } from '../../core/observation/series.ts';
import type { OperationEvent } from '../../core/operation/event.ts';
import type { Operation } from '../../core/operation/operation.ts';
import type { StageResult } from '../../core/operation/stage-results.ts';
import type { Step } from '../../core/operation/steps.ts';
import type { Plan } from '../../core/plan/plan.ts';
import type { Report } from '../../core/postgres/replication-report.ts';
import type { ForgottenCluster, Orphans } from '../../core/resources.ts';
import type { Delivery, Webhook } from '../../core/webhook/webhook.ts';

const CLUSTER_ID = '01a20b10-3c5e-7c11-a2b4-5f0f3a9d1e01';
const OPERATION_ID = '01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02';
const PLAN_ID = '01a20b10-41aa-7e31-9f55-6a7b8c9d0e03';
const REPORT_ID = '01a20b11-0c1d-7f41-b1a2-7c8d9e0f1a04';
const REQUESTED = '2026-01-02T03:04:05.000Z';
const PLANNED = '2026-01-02T03:04:06.500Z';
const PROVEN = '2026-01-02T03:04:31.250Z';
const WORKSPACE = '/home/ada/.local/share/hathi/clusters/orders';
const ENGINE = { name: 'terraform', version: '1.11.4' };
const FILE = { path: 'terraform/main.tf', bytes: 812, sha256: 'b5bb9d80…' };

const NODE = {
  name: 'orders-1',
  address: '10.201.0.11',
  subnet: '10.201.0.0/24',
  ssh_host: '127.0.0.1',
  ssh_port: 20_011,
  postgres_host: '127.0.0.1',
  postgres_port: 25_011,
  zone: null,
  instance_id: null,
};

export const topologyExample: Topology = {
  primary: 'orders-1',
  nodes: [
    { name: 'orders-1', role: 'primary' },
    { name: 'orders-2', role: 'replica' },
    { name: 'orders-3', role: 'replica' },
  ],
  observed_at: PROVEN,
};

export const conditionsExample: Condition[] = [
  {
    type: 'one-primary',
    status: 'true',
    reason: 'OK',
    message: 'orders-1 is the only node that accepts writes.',
    remedy: null,
    since: PROVEN,
    observed_at: PROVEN,
  },
];

/** @param target a target of the server */
export const clusterExample = (target: string): Cluster => ({
  id: CLUSTER_ID,
  name: 'orders',
  spec: {
    name: 'orders',
    target,
    instance_type: 't2.medium',
    replica_count: 2,
    postgres_version: '17',
    failover_profile: 'balanced',
    allow_list: [],
    parameters: { max_connections: '200' },
  },
  spec_revision: 1,
  infrastructure_revision: 1,
  terraform_generated_revision: 1,
  applied_revision: 1,
  ansible_generated_revision: 1,
  ansible_executed_revision: 1,
  nodes: [NODE],
  topology: topologyExample,
  labels: { team: 'billing' },
  deletion_protection: false,
  status: 'healthy',
  conditions: conditionsExample,
  pending_change: null,
  operation: null,
  latest_report: { id: REPORT_ID, passed: true, created_at: PROVEN },
  allowed_actions: ['verify', 'destroy', 'forget', 'update'],
  created_at: REQUESTED,
  updated_at: PROVEN,
});

export const failoverExample: Failover = {
  id: '7',
  cluster: 'orders',
  trigger: 'machine-down',
  previous_primary: 'orders-1',
  primary: 'orders-2',
  previous_timeline: 1,
  timeline: 2,
  lost_at: '2026-01-12T09:30:00.120Z',
  proven_down_at: '2026-01-12T09:30:00.310Z',
  released_at: '2026-01-12T09:30:00.640Z',
  promoted_at: '2026-01-12T09:30:01.000Z',
  observed_at: '2026-01-12T09:30:02.100Z',
  interruption_seconds: 1.98,
  switch_lsn: '0/5000180',
  last_lsn: { lsn: '0/5000100', observed_at: '2026-01-12T09:29:57.000Z' },
  lost_bytes_at_least: 0,
};

export const seriesExample: Series = {
  cluster: 'orders',
  metric: 'lag_bytes',
  unit: 'bytes',
  from: '2026-01-12T09:00:00.000Z',
  to: '2026-01-12T10:00:00.000Z',
  resolution_seconds: 5,
  nodes: [{ name: 'orders-2', points: [{ at: '2026-01-12T09:00:00.000Z', value: 0 }] }],
};

export const clusterEventExample: ClusterEvent = {
  sequence: 12,
  cluster: 'orders',
  type: 'roles.changed',
  at: '2026-01-12T09:30:02.100Z',
  data: {
    primary: 'orders-2',
    timeline: 2,
    previous_primary: 'orders-1',
    previous_timeline: 1,
  },
};

const WEBHOOK_ID = '01a20b11-0c20-7b52-8a11-9c0d1e2f3a06';

export const webhookExample: Webhook = {
  id: WEBHOOK_ID,
  url: 'https://example.com/hathi',
  events: ['roles.changed'],
  clusters: [],
  created_at: REQUESTED,
};

export const deliveryExample: Delivery = {
  id: '01a20b11-0c20-7b52-8a11-9c0d1e2f3a07',
  webhook_id: WEBHOOK_ID,
  type: 'roles.changed',
  sequence: 12,
  state: 'succeeded',
  attempts: 1,
  status: 204,
  error: null,
  next_at: null,
  created_at: PROVEN,
};

export const nodeExample: Node = {
  ...NODE,
  name: 'orders-2',
  planned: true,
  made: true,
  role: 'replica',
  etcd: true,
  machine: { state: 'running', observed_at: PROVEN },
  replication: { status: 'streaming', lag_bytes: 0, lag_seconds: null, observed_at: PROVEN },
  verification: { status: 'proven', created_at: PROVEN },
  observation: {
    reachable: true,
    since: PROVEN,
    reason: null,
    observed_at: PROVEN,
    facts: null,
  },
};

const CONNECTION_ENDPOINTS = [
  { host: '10.201.0.11', port: 5432 },
  { host: '10.201.0.12', port: 5432 },
];
const CONNECTION_CREDENTIALS = {
  user: 'postgres',
  password: 'as-generated',
  database: 'postgres',
  caPath: `${WORKSPACE}/ansible/pki/ca.crt`,
};
const CONNECTION_STRINGS = connectionStrings(CONNECTION_ENDPOINTS, CONNECTION_CREDENTIALS);

export const connectionExample: Connection = {
  cluster: 'orders',
  user: 'postgres',
  password: 'as-generated',
  database: 'postgres',
  ca_certificate: '-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n',
  ca_certificate_path: `${WORKSPACE}/ansible/pki/ca.crt`,
  nodes: CONNECTION_ENDPOINTS.map(({ host, port }, index) => ({
    name: `orders-${index + 1}`,
    role: index === 0 ? ('primary' as const) : ('replica' as const),
    host,
    port,
    private_host: host,
    private_port: port,
    uri: libpqUri(`${host}:${port}`, CONNECTION_CREDENTIALS),
  })),
  uri: CONNECTION_STRINGS.libpq.read_write,
  strings: CONNECTION_STRINGS,
  observed_at: PROVEN,
};

export const reportExample: Report = {
  id: REPORT_ID,
  cluster_id: CLUSTER_ID,
  operation_id: OPERATION_ID,
  passed: true,
  created_at: PROVEN,
  document: {
    cluster: 'orders',
    spec_revision: 1,
    passed: true,
    primary: 'orders-1',
    system_identifier: '7462812345678901234',
    timeline: 1,
    marker: { id: '01a20b11-0c20-7b52-8a11-9c0d1e2f3a05', lsn: '0/5000148', removed: true },
    nodes: [
      {
        node: 'orders-2',
        role: 'replica',
        status: 'proven',
        reasons: [],
        streaming: true,
        slot: { name: 'orders_2', active: true },
        system_identifier: '7462812345678901234',
        timeline: 1,
        replayed_lsn: '0/5000180',
        lag_bytes: 0,
        lag_seconds: null,
        round_trip_ms: 0.4,
        marker_seen_after_ms: 3.1,
      },
    ],
    failover: {
      status: 'true',
      reason: 'OK',
      message: 'etcd can lose a member, Patroni is active, and a replica can take over.',
    },
    observed_at: PROVEN,
    duration_ms: 412,
  },
};

export const forgottenExample: ForgottenCluster = {
  cluster: 'orders',
  forgotten: true,
  left: [
    {
      kind: 'node',
      name: 'hathi-3f9a2c-orders-1',
      node: 'orders-1',
      operation_id: OPERATION_ID,
      remove: 'docker rm --force --volumes hathi-3f9a2c-orders-1',
    },
  ],
  workspace: `${WORKSPACE}.forgotten`,
};

const SUMMARY = { add: 4, change: 0, replace: 0, destroy: 0, empty: false };
const CHANGE: Plan['changes'][number] = {
  address: 'module.cluster.terraform_data.node["orders-1"]',
  type: 'terraform_data',
  name: 'node',
  actions: ['create'],
  before: null,
  after: { input: { name: 'orders-1' } },
  action_reason: null,
  attributes: [],
  node: 'orders-1',
  part: 'container',
  role: null,
  effect: 'adds',
};
const DIGEST = 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

const PLAN_RESULT: StageResult<'plan-terraform'> = {
  plan_id: PLAN_ID,
  digest: DIGEST,
  summary: SUMMARY,
  changes: [CHANGE],
  refusals: [],
  starts: [],
  engine: ENGINE,
};

export const operationExample: Operation = {
  id: OPERATION_ID,
  cluster_id: CLUSTER_ID,
  cluster_name: 'orders',
  kind: 'create-cluster',
  access: 'change',
  state: 'awaiting-approval',
  input: {},
  approval: 'manual',
  attempt: 1,
  cancel_level: 0,
  stages: [
    {
      position: 1,
      name: 'plan-terraform',
      node: null,
      needs_approval: false,
      run_after: null,
      state: 'succeeded',
      attempt: 1,
      started_at: REQUESTED,
      ended_at: PLANNED,
      outcome: PLAN_RESULT,
      error: null,
    },
  ],
  error: null,
  run_after: null,
  created_at: REQUESTED,
  started_at: REQUESTED,
  ended_at: null,
  plan_id: PLAN_ID,
  allowed_actions: ['approve', 'cancel'],
  last_sequence: 7,
};

export const eventExample: OperationEvent = {
  operation_id: OPERATION_ID,
  sequence: 5,
  attempt: 1,
  at: PLANNED,
  type: 'stage.succeeded',
  stage: 'plan-terraform',
  position: 1,
  data: { seconds: 0.4 },
};

export const planExample: Plan = {
  id: PLAN_ID,
  cluster_name: 'orders',
  operation_id: OPERATION_ID,
  infrastructure_revision: 1,
  state: 'ready',
  destroy: false,
  digest: DIGEST,
  engine: { ...ENGINE, configuration_digest: DIGEST },
  summary: SUMMARY,
  changes: [CHANGE],
  files: [{ path: FILE.path, content: 'module "nodes" {\n  …\n}\n' }],
  context: null,
  refusals: [],
  starts: [],
  outcome: null,
  allowed_actions: ['apply'],
  created_at: PLANNED,
};

/** The result of each step. */
export const resultExamples: { [Name in Step]: StageResult<Name> & { operation: string } } = {
  'generate-terraform': {
    operation: OPERATION_ID,
    cluster: DEFAULT_CLUSTER,
    spec_revision: 1,
    workspace: WORKSPACE.replace('orders', DEFAULT_CLUSTER),
    files: [FILE],
    engine: ENGINE,
    notes: [],
  },
  'plan-terraform': { operation: OPERATION_ID, ...PLAN_RESULT },
  'apply-terraform': {
    operation: OPERATION_ID,
    plan_id: PLAN_ID,
    applied: true,
    resources: { added: 4, changed: 0, destroyed: 0 },
    started: [],
    nodes: [NODE],
  },
  'create-ansible-script': {
    operation: OPERATION_ID,
    cluster: 'orders',
    workspace: `${WORKSPACE}/ansible`,
    files: [{ ...FILE, path: 'ansible/main.yml' }],
    inventory: '[postgres]\norders-1 ansible_host=127.0.0.1 ansible_port=20011\n',
    parameters: [
      { name: 'max_connections', value: '200', scope: 'dynamic', restart: true, source: 'spec' },
    ],
  },
  'execute-ansible-script': {
    operation: OPERATION_ID,
    cluster: 'orders',
    recap: { 'orders-1': { ok: 21, changed: 14, failed: 0, unreachable: 0, skipped: 3 } },
    changed: 14,
    parameters: { checked: 9, nodes: 3 },
    topology: topologyExample,
    connection: '/api/v1/clusters/orders/connection',
  },
  'verify-replication': { operation: OPERATION_ID, ...reportExample.document },
  'destroy-terraform': {
    operation: OPERATION_ID,
    destroyed: true,
    resources: { destroyed: 4 },
    left: [],
  },
};

export const orphansExample: Orphans = {
  regions: ['eu-central-1'],
  failures: [],
  orphans: [
    {
      kind: 'instance',
      type: 'instance',
      id: 'i-0a1b2c3d4e5f60718',
      name: 'orders-2',
      region: 'eu-central-1',
      site: '9f86d0',
      cluster: 'orders',
      node: 'orders-2',
      operation_id: OPERATION_ID,
      remove:
        'aws ec2 terminate-instances --region eu-central-1 --instance-ids i-0a1b2c3d4e5f60718',
    },
  ],
};
