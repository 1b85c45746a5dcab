import type { z } from 'zod';
import type { FailoverTimings } from '../core/cluster/cluster-spec.ts';
import type { ClusterNode, PlannedNode, Role } from '../core/cluster/topology.ts';
import type { hostRecapSchema } from '../core/operation/event.ts';
import type { RestartOrder } from '../core/postgres/restart-order.ts';
import type { ChildRunner } from './child-runner.ts';
import type { CertifiedKey } from './pki.ts';
import type { WorkspaceFile } from './workspace.ts';

/** A node in the inventory: its address, and the parts that it runs. */
export type InventoryNode = ClusterNode &
  Pick<PlannedNode, 'witness' | 'etcd'> & {
    /** Last observed role; null before the first run. */
    role: Role | null;
    certificate: CertifiedKey;
  };

export interface AnsibleInput {
  cluster: string;
  /**
   * Distinguishes the shared SSH connections of two clusters that use the same port one after the
   * other.
   */
  clusterId: string;
  postgresVersion: string;
  nodes: readonly InventoryNode[];
  /**
   * Absolute path of the ssh configuration that names the nodes, and the user, which may become
   * root; null if the nodes are reached by loopback and root logs in.
   */
  ssh: { config: string; user: string } | null;
  /** CIDRs of further clients. */
  allowList: readonly string[];
  /** Locales of each node in addition to `C.UTF-8`. */
  locales: readonly string[];
  failover: FailoverTimings;
  /**
   * Whether the nodes test the configuration before they use it, because it has values of a user.
   */
  trial: boolean;
  /** Parameters that Patroni stores in etcd, by name. */
  dynamicParameters: Readonly<Record<string, string>>;
  localParameters: Readonly<Record<string, string>>;
  caCertificate: string;
  passwords: { superuser: string; replication: string; rewind: string };
}

/** Numbers of tasks of one host. */
export type HostRecap = z.infer<typeof hostRecapSchema>;

export interface PlaybookFailure {
  host: string;
  role: string | null;
  task: string;
  /** null for a task that handles secrets; the next failure of the node has the cause. */
  message: string | null;
  /** The value that PostgreSQL rejected in a trial; null for every other failure. */
  rejected: RejectedValue | null;
}

/** Error that PostgreSQL reported in a trial of the configuration. */
export interface RejectedValue {
  /** null if PostgreSQL's message is not about a single parameter. */
  parameter: string | null;
  value: string | null;
  /** The message of PostgreSQL. */
  reason: string;
}

export interface PlayedPlaybook {
  /** 0 success, 2 failed, 4 unreachable or not parsed, 99 interrupted. */
  exitCode: number;
  cancelled: boolean;
  /** Empty if the playbook ended before its first task. */
  recap: Record<string, HostRecap>;
  failures: PlaybookFailure[];
  /** End of the output without events. It contains errors before the first task. */
  lastOutput: string;
}

export interface Ansible {
  /** @throws TOOL_MISSING | TOOL_TOO_OLD, with the instructions to install it */
  engine(): Promise<{ path: string; version: string }>;
  /** The folder `ansible/` of a workspace; the same input returns the same bytes. */
  files(input: AnsibleInput): Promise<WorkspaceFile[]>;
  /** Runs `main.yml` in the folder, or continues with the run that an earlier attempt started. */
  play(
    children: ChildRunner,
    folder: string,
    options: { restartOrder: RestartOrder },
  ): Promise<PlayedPlaybook>;
}
