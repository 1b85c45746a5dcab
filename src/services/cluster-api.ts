import type { ClusterSpec } from '../core/cluster/cluster-spec.ts';
import type { ClusterAction, ClusterStatus } from '../core/cluster/cluster-status.ts';
import type { ConnectionStrings } from '../core/cluster/connection-strings.ts';
import type { PendingChange } from '../core/cluster/pending-change.ts';
import type { ClusterNode, Role, Topology } from '../core/cluster/topology.ts';
import type { RecordKind } from '../core/record-id.ts';
import type { PlanRecord } from '../ports/stores.ts';
import type { AccountResource, LabelledResource } from '../ports/target.ts';

import type { PageOf, PageRequest } from './lists/page.ts';

/** A cluster as it is served: what was asked for beside what was seen. */
export interface ClusterView {
  id: string;
  name: string;
  spec: ClusterSpec;
  spec_revision: number;
  infrastructure_revision: number;
  terraform_generated_revision: number | null;
  applied_revision: number | null;
  ansible_generated_revision: number | null;
  ansible_executed_revision: number | null;
  nodes: ClusterNode[] | null;
  topology: Topology | null;
  labels: Record<string, string>;
  deletion_protection: boolean;
  status: ClusterStatus;
  /** What of the spec is not applied, and the step that comes next; null where nothing is. */
  pending_change: PendingChange | null;
  /** The unfinished operation that holds the cluster, if any. */
  operation: { id: string; kind: string; state: string } | null;
  latest_report: { id: string; passed: boolean; created_at: string } | null;
  allowed_actions: ClusterAction[];
  created_at: string;
  updated_at: string;
}

/** Everything that a client needs; the only view with a password in it. */
export interface ConnectionView {
  cluster: string;
  user: string;
  password: string;
  database: string;
  /** PEM; what `sslmode=verify-full` or `verify-ca` checks against. */
  ca_certificate: string;
  /** Where the same certificate lies on the machine of the server; null if it has none there. */
  ca_certificate_path: string | null;
  /** The known primary first. */
  nodes: ConnectionNode[];
  /** The same as `strings.libpq.read_write`. */
  uri: string;
  strings: ConnectionStrings;
  /** When the roles were observed; null before the first observation. */
  observed_at: string | null;
}

export interface ConnectionNode {
  name: string;
  role: Role | null;
  host: string;
  port: number;
  /** Address and port inside the cluster's own network. */
  private_host: string;
  private_port: number;
  uri: string;
}

export interface ReportView {
  id: string;
  operation_id: string;
  passed: boolean;
  created_at: string;
  /** The document that `verify-replication` made. */
  document: Record<string, unknown>;
}

/** A node as planned, as made and as last seen; what is not known is null. */
export interface NodeView {
  name: string;
  /** Whether the present spec asks for it. */
  planned: boolean;
  /** Whether Terraform made it. */
  made: boolean;
  role: Role | null;
  etcd: boolean;
  address: string | null;
  subnet: string | null;
  zone: string | null;
  instance_id: string | null;
  ssh_host: string | null;
  ssh_port: number | null;
  postgres_host: string | null;
  postgres_port: number | null;
  /** The container or instance as the target has it; null where it was not made or not observed. */
  machine: { state: 'running' | 'stopped' | 'missing'; observed_at: string } | null;
  /** From the newest report. */
  replication: { status: string; lag_bytes: number | null; observed_at: string } | null;
}

/** A plan as it is served: the plan file and the state's address stay here. */
export interface PlanView
  extends Omit<PlanRecord, 'sealed_file' | 'lock_file' | 'cluster_id' | 'base_state'> {
  cluster_name: string;
  allowed_actions: 'apply'[];
}

/** What `forget` left behind. */
export interface ForgottenCluster {
  cluster: string;
  forgotten: true;
  /** What still carries the cluster's labels; null when the target did not answer. */
  left: LabelledResource[] | null;
  /** Where the files that manage it by hand now lie. */
  workspace: string | null;
}

/** Resources without a state, and the regions in which they were searched. */
export interface OrphansView {
  /** The regions that were searched. */
  regions: string[];
  /** The regions that could not be searched. */
  failures: { region: string; code: string; message: string }[];
  orphans: AccountResource[];
}

export interface OrphanService {
  /**
   * What carries Hathi's tags and no state knows; what an unfinished operation is making is left out.
   * @param region alone; all in which there are clusters, and the server's own, where absent
   * @throws CLOUD_UNAVAILABLE if no region could be searched | INVALID_REQUEST for an unknown region
   */
  list(region: string | undefined): Promise<OrphansView>;
}

/** What may be asked about clusters. Every method but `list` may throw CLUSTER_NOT_FOUND. */
export interface ClusterService {
  /** Not destroyed, by name. @throws INVALID_CURSOR */
  list(page: PageRequest, label?: { name: string; value: string }): Promise<PageOf<ClusterView>>;
  get(name: string): Promise<Tagged<ClusterView>>;
  nodes(name: string): Promise<NodeView[]>;
  /** @throws STEP_MISSING while no node or no password is there yet */
  connection(name: string): Promise<ConnectionView>;
  /** @throws REPORT_NOT_FOUND */
  latestReport(name: string): Promise<ReportView>;
  /**
   * Changes labels (as a whole) and protection; no operation is needed for either.
   * @param ifMatch the tag that the caller saw; any where null
   * @throws PRECONDITION_FAILED
   */
  update(
    name: string,
    changes: { labels?: Record<string, string>; deletionProtection?: boolean },
    ifMatch: string | null,
  ): Promise<Tagged<ClusterView>>;
  /**
   * Ends Hathi's knowledge of a cluster, and leaves its machines as they are.
   * @throws CLUSTER_BUSY | CLUSTER_PROTECTED
   */
  forget(name: string): Promise<ForgottenCluster>;
}

/** A view with the tag of the part that PATCH changes. */
export interface Tagged<View> {
  view: View;
  /** Without quotes. */
  tag: string;
}

/** What is written for a parameter, beside what each node runs with. */
export interface ParameterView {
  name: string;
  /** As it is written; null where Hathi writes none. */
  value: string | null;
  /** In `unit`, as `setting` is; null before a node was seen. */
  default: string | null;
  unit: string | null;
  source: 'spec' | 'hathi' | 'node';
  restart: boolean | null;
  nodes: { node: string; setting: string; source: string; pending_restart: boolean }[];
}

export interface ParameterList {
  /** By name. */
  parameters: ParameterView[];
  unreachable: { node: string; reason: string }[];
}

export interface ParameterService {
  /** Asks every node. @throws CLUSTER_NOT_FOUND | PARAMETER_* when the machine has become too small */
  list(cluster: string): Promise<ParameterList>;
}

/** Plans and reports, which are kept as long as their cluster's record. */
export interface RecordService {
  /** Newest first. @throws CLUSTER_NOT_FOUND | INVALID_CURSOR */
  plans(cluster: string, page: PageRequest): Promise<PageOf<PlanView>>;
  /** @throws PLAN_NOT_FOUND */
  plan(id: string): Promise<PlanView>;
  /** Newest first. @throws CLUSTER_NOT_FOUND | INVALID_CURSOR */
  reports(cluster: string, page: PageRequest): Promise<PageOf<ReportView>>;
  /** @throws REPORT_NOT_FOUND */
  report(id: string): Promise<ReportView>;
  /**
   * The whole id of a record.
   * @param given the id, or at least its first eight characters
   * @throws OPERATION_NOT_FOUND | PLAN_NOT_FOUND | REPORT_NOT_FOUND | ID_AMBIGUOUS, for a prefix only
   */
  idOf(kind: RecordKind, given: string): Promise<string>;
}
