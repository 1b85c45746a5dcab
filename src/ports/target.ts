import type { ClusterSpec, Target } from '../core/cluster/cluster-spec.ts';
import type { ChildRunner } from './child-runner.ts';
import type { PlanContext } from './plan-context.ts';
import type { ClusterRecord, NodeSize } from './stores.ts';

export interface MachineState {
  name: string;
  state: 'running' | 'stopped' | 'missing';
  /** Of the container or instance; null when it is missing. */
  id: string | null;
}

/** Something on the target that carries a cluster's labels. */
export interface LabelledResource {
  /** What it stands for, e.g. `node`, `network`, `data-volume`. */
  kind: string;
  /** The target's own name of it, by which it is removed. */
  name: string;
  /** The node that it belongs to; null for what is the cluster's. */
  node: string | null;
  /** The operation that made it. */
  operation_id: string;
  /** What a person types to remove it. */
  remove: string;
}

export interface PreflightQuestion {
  /** Nodes that are not there yet. */
  newNodes: number;
  /** Public half of the private key that the user gave; null where Hathi made the key pair. */
  publicKey: string | null;
}

/** A cluster as its target has to know it. */
export type TargetCluster = Pick<ClusterRecord, 'name' | 'site' | 'spec'>;

/** Where nodes are made. All throw TOOL_MISSING or CLOUD_UNAVAILABLE when it does not answer. */
export interface NodeTarget {
  /** PostgreSQL major versions that its nodes can have. */
  readonly postgresVersions: readonly string[];
  /**
   * What nodes are made from, where the target makes that itself. It outlives the server.
   * @returns the reference of an image; null where the configuration finds it
   * @throws INVALID_REQUEST for a version that no image has | OPERATION_FAILED when the build fails
   */
  prepare(children: ChildRunner, postgresVersion: string): Promise<string | null>;
  /**
   * What would make an apply fail, or cost more than is thought, looked for before a plan is made.
   * @returns null where there is nothing to look at
   */
  preflight(cluster: TargetCluster, input: PreflightQuestion): Promise<PlanContext | null>;
  /** The named nodes of a cluster, in the order given, and whether its network is there. */
  observe(
    cluster: TargetCluster,
    nodes: readonly string[],
  ): Promise<{ nodes: MachineState[]; network: boolean }>;
  /**
   * Starts stopped machines of the named nodes, and waits until they run.
   * @throws OPERATION_FAILED when one cannot be started
   */
  start(cluster: TargetCluster, nodes: readonly string[]): Promise<void>;
  /** Everything that carries the cluster's labels, whatever a state knows of it. */
  resources(cluster: TargetCluster): Promise<LabelledResource[]>;
  /** Removes what `resources` named, in an order that works. */
  remove(cluster: TargetCluster, resources: readonly LabelledResource[]): Promise<void>;
  /**
   * An index whose subnet and ports nobody uses, looked for from a place of the site's own; null
   * where the target has networks of its own.
   * @param taken indexes that clusters of the site hold
   * @throws NETWORK_EXHAUSTED
   */
  freeNetworkIndex(taken: readonly number[], site: string): Promise<number | null>;
  /** What one node of the cluster can hold. */
  nodeSize(spec: ClusterSpec): Promise<NodeSize>;
  /** A sentence part for whoever asks whether it can be used, e.g. `answers, 16.0 GiB of memory`. */
  describe(): Promise<string>;
}

export type NodeTargets = Readonly<Record<Target, NodeTarget>>;
