// Longer than other files: the whole contract of a target, which a new one implements.
import type { z } from 'zod';
import type { ClusterSpec } from '../core/cluster/cluster-spec.ts';
import type { ClusterNode } from '../core/cluster/topology.ts';
import type { FieldError } from '../core/field-errors.ts';
import type { PowerState } from '../core/node/node.ts';
import type { NodeAccess } from '../core/node/node-access.ts';
import type { PlanContext } from '../core/plan/plan-context.ts';
import type { AccountResource, LabelledResource } from '../core/resources.ts';
import type { ModuleResources } from '../core/terraform/addresses.ts';
import type { MainFile } from '../core/terraform/main-file.ts';
import type { ChildRunner } from './child-runner.ts';
import type { ClusterRecord, NodeSize } from './stores.ts';

export interface MachineState {
  name: string;
  state: PowerState;
  /** Id of the container or instance; null if it is missing. */
  id: string | null;
}

export interface PreflightQuestion {
  /** Number of nodes that do not exist yet. */
  newNodes: number;
  /** Public half of the private key that the user gave; null if Hathi creates the key pair. */
  publicKey: string | null;
}

/** The part of a cluster that its target needs. */
export type TargetCluster = Pick<ClusterRecord, 'name' | 'site' | 'spec'>;

/** The part of a cluster from which its Terraform configuration is made. */
export type ConfiguredCluster = TargetCluster & Pick<ClusterRecord, 'network_index' | 'nodes'>;

export interface ConfigurationInput {
  /** Result of `prepare`. */
  image: string | null;
  /** OpenSSH public key of Hathi's logins, one line. */
  publicKey: string;
  /** Whether the key belongs to the user and exists on the target. */
  isGiven: boolean;
}

/** Private key that the user gave for the nodes. */
export interface GivenKey {
  /** Absolute path on the machine of the server. */
  file: string;
  /** Path of the setting in a request without the leading slash. */
  field: string;
}

/** State that Terraform keeps outside the workspace. */
export interface RemoteState {
  /** Two clusters with one key would remove each other's machines. */
  key: string;
  /** Path of the setting in a request without the leading slash. */
  field: string;
}

/** Settings of a target: the member of a spec that has the target's name. */
export interface SettingsContract {
  /** Schema of the settings in a stored spec. */
  stored: z.ZodObject;
  /** Schema in a request: every member is optional, and no default replaces a missing one. */
  changes: z.ZodObject;
  /** Example for the description of the API. */
  description: string;
}

/** Data about a target that the API describes. */
export interface TargetContract {
  /** Value of `target` in a spec, name of the settings, and of `terraform/modules/<name>`. */
  readonly name: string;
  /** null for a target without settings. */
  readonly settings: SettingsContract | null;
}

/** Account of a provider in which resources can be left without a cluster. */
export interface TargetAccount {
  /** Searched even if no cluster is in it; null if the server has none. */
  readonly defaultRegion: string | null;
  regionOf(spec: ClusterSpec): string | null;
  /** @returns null for a region that exists */
  regionError(region: string): FieldError | null;
  /**
   * Every resource of the region with Hathi's labels, without those that are being deleted.
   * @throws CLOUD_UNAVAILABLE
   */
  resources(region: string): Promise<AccountResource[]>;
}

/**
 * A provider of machines. Methods with a promise throw TOOL_MISSING or CLOUD_UNAVAILABLE if it does
 * not respond.
 */
export interface Target extends TargetContract {
  /** Program or API that the target needs on the server, e.g. `docker`. */
  readonly requirement: string;
  /** PostgreSQL major versions that its nodes can have. */
  readonly postgresVersions: readonly string[];
  /** Whether only a worker of the cluster's site can operate it. */
  readonly isBoundToSite: boolean;
  /** Default deletion protection of a new cluster. */
  readonly protectsByDefault: boolean;
  readonly moduleResources: ModuleResources;
  /** null if all resources belong to one site. */
  readonly account: TargetAccount | null;

  /**
   * The settings after a change.
   * @param current null for a new cluster
   * @param change valid by `settings.changes`
   * @returns undefined for a target without settings
   * @throws INVALID_REQUEST for a missing setting, or one that names a resource that does not exist
   */
  nextSettings(current: ClusterSpec | null, change: object): unknown;
  /** Valid settings that cannot be used together. */
  conflicts(spec: ClusterSpec): FieldError[];
  /**
   * Changes that cannot be applied to an existing cluster.
   * @param hasMachines whether its machines exist
   */
  fixedFields(before: ClusterSpec, after: ClusterSpec, hasMachines: boolean): FieldError[];
  access(spec: ClusterSpec): NodeAccess;
  givenKey(spec: ClusterSpec): GivenKey | null;
  remoteState(spec: ClusterSpec): RemoteState | null;
  /** Facts about the request that a person may not expect. */
  notes(spec: ClusterSpec): string[];

  /** The parts of `main.tf` that belong to the target. The same input returns the same parts. */
  configuration(cluster: ConfiguredCluster, input: ConfigurationInput): MainFile;
  /** Name under which ssh searches the host key of a node. */
  hostKeyName(cluster: ConfiguredCluster, node: string): string;
  /** Whether the spec contains the resource, so that the next apply can import it. */
  wants(spec: ClusterSpec, resource: Pick<LabelledResource, 'kind' | 'node'>): boolean;

  /**
   * Creates the image of the nodes, if the target builds it. The build outlives the server.
   * @returns its reference; null if the configuration finds the image
   * @throws INVALID_REQUEST for a version without an image | OPERATION_FAILED if the build fails
   */
  prepare(children: ChildRunner, postgresVersion: string): Promise<string | null>;
  /**
   * Reasons why an apply would fail, and its cost, before a plan is made.
   * @returns null if there is nothing to check
   */
  preflight(cluster: TargetCluster, input: PreflightQuestion): Promise<PlanContext | null>;
  /** The named nodes of a cluster, in the given order, and whether its network exists. */
  observe(
    cluster: TargetCluster,
    nodes: readonly string[],
  ): Promise<{ nodes: MachineState[]; network: boolean }>;
  /**
   * Whether the machine of a node is proven to be down, so that nothing on it can run until it is
   * started again. False for a machine that is paused or stopping, and in case of doubt.
   */
  provesDown(cluster: TargetCluster, node: ClusterNode): Promise<boolean>;
  /**
   * Starts stopped machines of the named nodes, and waits until they run.
   * @throws OPERATION_FAILED if one cannot be started
   */
  start(cluster: TargetCluster, nodes: readonly string[]): Promise<void>;
  /** Every resource with the cluster's labels, in a state or not. */
  resources(cluster: TargetCluster): Promise<LabelledResource[]>;
  /** Removes resources that `resources` returned, in the order of their dependencies. */
  remove(cluster: TargetCluster, resources: readonly LabelledResource[]): Promise<void>;
  /**
   * An index whose subnet and ports are unused, searched from a start that is specific to the site.
   * @param taken indexes of the site's clusters
   * @returns null if each cluster has a separate network
   * @throws NETWORK_EXHAUSTED
   */
  freeNetworkIndex(taken: readonly number[], site: string): Promise<number | null>;
  /** Memory and disk of one node of the cluster. */
  nodeSize(spec: ClusterSpec): Promise<NodeSize>;
  /** Part of a sentence for the readiness check, e.g. `answers, 16.0 GiB of memory`. */
  describe(): Promise<string>;
}

/** Every target of the server, by its name. */
export type Targets = ReadonlyMap<string, Target>;
