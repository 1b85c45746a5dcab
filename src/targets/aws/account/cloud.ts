import type { PowerState } from '../../../core/node/node.ts';
import type { CloudIdentity, Finding } from '../../../core/plan/plan-context.ts';
import type { AccountResource } from '../../../core/resources.ts';

export interface Preflight {
  identity: CloudIdentity;
  findings: Finding[];
}

/** Network of the nodes. `own` is a VPC that is created for the cluster. */
export type CloudNetwork =
  | { mode: 'default' }
  | { mode: 'existing'; vpcId: string; subnetIds: readonly string[] }
  | { mode: 'own'; cidr: string };

export interface PreflightInput {
  region: string;
  instanceType: string;
  /** All nodes of the cluster, including the witness. */
  nodes: number;
  /** Number of nodes that do not exist yet. */
  newNodes: number;
  /** Default if empty: the zones of the region that offer the type. */
  availabilityZones: readonly string[];
  /** Default if null: the newest Debian 13 image of Debian's own account. */
  amiId: string | null;
  network: CloudNetwork;
  /** Default if null: a key pair that is created for the cluster. */
  keyName: string | null;
  /** OpenSSH line of the public half of the private key that Hathi will use; null if unknown. */
  publicKey: string | null;
  connection: 'public' | 'private' | 'bastion' | 'ssm';
  /** True if the nodes get public addresses. */
  publicAddresses: boolean;
  /** Inbound rules of the security group, counted per address family as in EC2. */
  inboundRules: { ipv4: number; ipv6: number };
}

export interface CloudNode {
  /** `<cluster>-<n>`. A node that was created twice is listed twice. */
  name: string;
  id: string;
  /** `missing`: only terminated machines of the node exist. */
  state: PowerState;
}

/**
 * An account of a cloud. All methods throw CLOUD_UNAVAILABLE if credentials are missing or expired,
 * if they do not allow the request, or if the API cannot be reached.
 */
export interface Cloud {
  /**
   * Checks everything that can be verified before an apply and would make it fail. Changes nothing.
   */
  preflight(input: PreflightInput): Promise<Preflight>;
  /**
   * Returns all resources of a region that have Hathi's tags. `site` and `cluster` limit the list.
   * Resources whose deletion has started are left out.
   */
  resources(filter: {
    region: string;
    site?: string;
    cluster?: string;
  }): Promise<AccountResource[]>;
  /** Starts stopped machines and waits until they run. */
  start(region: string, ids: readonly string[]): Promise<void>;
  /**
   * Whether the instance is `stopped` or `terminated`. Every other state is no proof: a machine that
   * is `stopping` or `shutting-down` still runs.
   */
  isDown(region: string, id: string): Promise<boolean>;
  /** Returns the machines of a cluster by their tags, independent of any Terraform state. */
  nodes(region: string, site: string, cluster: string): Promise<CloudNode[]>;
  /**
   * Removes the resources that `resources` returned, and no others. Dependent resources are removed
   * first. Returns when all are gone. A resource that is already gone counts as removed.
   * @throws OPERATION_FAILED with the remaining resources in its details, after all others were
   *   removed
   */
  remove(resources: readonly AccountResource[]): Promise<void>;
  /** @returns null for a type that does not exist in the region */
  sizeOf(
    region: string,
    instanceType: string,
  ): Promise<{ memoryBytes: number; cpus: number } | null>;
}
