import type { StageName } from '../core/operation/operation-kinds.ts';
import type { ChildRunner } from './child-runner.ts';

export interface NodeObservation {
  name: string;
  state: 'running' | 'stopped' | 'missing';
  /** Of the container or instance; null when it is missing. */
  id: string | null;
}

/** Something on the target that carries a cluster's labels. */
export interface LabelledResource {
  kind: 'node' | 'network';
  /** The target's own name of it. */
  name: string;
  /** The node's name; null for a network. */
  node: string | null;
  /** The operation that made it. */
  operation_id: string;
  /** What a person types to remove it. */
  remove: string;
}

export interface NodeResources {
  memoryBytes: number;
  cpus: number;
  /** null where the target does not tell, e.g. behind Docker Desktop. */
  diskBytes: number | null;
}

/** Where nodes are made. All throw TOOL_MISSING when the target's own program does not answer. */
export interface NodeTarget {
  /** PostgreSQL major versions that its nodes come with. */
  readonly postgresVersions: readonly string[];
  /**
   * The node image, built if it is not there. A build outlives the server.
   * @returns the reference of the image
   * @throws INVALID_REQUEST for a version that no image has | OPERATION_FAILED when the build fails
   */
  prepare(children: ChildRunner, stage: StageName, postgresVersion: string): Promise<string>;
  /** The named nodes of a cluster, in the order given, and whether its network is there. */
  observe(
    site: string,
    cluster: string,
    nodes: readonly string[],
  ): Promise<{ nodes: NodeObservation[]; network: boolean }>;
  /** Everything that carries the cluster's labels, whatever a state knows of it. */
  resources(site: string, cluster: string): Promise<LabelledResource[]>;
  /** Removes what `resources` named, nodes before networks. */
  remove(resources: readonly LabelledResource[]): Promise<void>;
  /**
   * An index whose subnet and ports nobody uses, looked for from a place of the site's own.
   * @param taken indexes that clusters of the site hold
   * @throws NETWORK_EXHAUSTED
   */
  freeNetworkIndex(taken: readonly number[], site: string): Promise<number>;
  /** What one node can use; the nodes of a cluster share it on a machine of their own making. */
  nodeResources(): Promise<NodeResources>;
}
