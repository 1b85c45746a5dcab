import type { PowerState } from '../../../core/node/node.ts';
import type { CloudIdentity, Finding } from '../../../core/plan/plan-context.ts';
import type { AccountResource } from '../../../core/resources.ts';

export interface Preflight {
  identity: CloudIdentity;
  findings: Finding[];
}

/** Where the nodes will stand. `own` is a VPC made for the cluster. */
export type CloudNetwork =
  | { mode: 'default' }
  | { mode: 'existing'; vpcId: string; subnetIds: readonly string[] }
  | { mode: 'own'; cidr: string };

export interface PreflightInput {
  region: string;
  instanceType: string;
  /** All nodes of the cluster, its witness among them. */
  nodes: number;
  /** Those of them that do not exist yet. */
  newNodes: number;
  /** Empty: those of the region that offer the type. */
  availabilityZones: readonly string[];
  /** null: the newest Debian 13 of Debian's own account. */
  amiId: string | null;
  network: CloudNetwork;
  /** null: a key pair of the cluster's own is made. */
  keyName: string | null;
  /** OpenSSH line of the public half of the private key that Hathi will use; null: not known. */
  publicKey: string | null;
  connection: 'public' | 'private' | 'bastion' | 'ssm';
  /** Whether the nodes get public addresses. */
  publicAddresses: boolean;
  /** Inbound rules of the security group, counted for each address family as EC2 does. */
  inboundRules: { ipv4: number; ipv6: number };
}

export interface CloudNode {
  /** `<cluster>-<n>`. A node that was made twice is listed twice. */
  name: string;
  id: string;
  /** `missing` is a node of which only terminated machines are left. */
  state: PowerState;
}

/**
 * An account of a cloud. All throw CLOUD_UNAVAILABLE when there are no credentials, when they have
 * expired or may not do what is asked, or when the API cannot be reached.
 */
export interface Cloud {
  /** Everything that an apply would fail on and that can be known before. Changes nothing. */
  preflight(input: PreflightInput): Promise<Preflight>;
  /**
   * Everything of a region that carries Hathi's tags, of one site or cluster if they are given.
   * What is being deleted already is left out.
   */
  resources(filter: {
    region: string;
    site?: string;
    cluster?: string;
  }): Promise<AccountResource[]>;
  /** Starts stopped machines and waits until they run. */
  start(region: string, ids: readonly string[]): Promise<void>;
  /** The machines of a cluster by their tags, whatever a state knows of them. */
  nodes(region: string, site: string, cluster: string): Promise<CloudNode[]>;
  /**
   * Removes what `resources` named and nothing else, what depends on others first, and waits until it
   * is gone. What is gone already counts as removed.
   * @throws OPERATION_FAILED with what is left in its details, after all the others were removed
   */
  remove(resources: readonly AccountResource[]): Promise<void>;
  /** @returns null for a type that the region does not know */
  sizeOf(
    region: string,
    instanceType: string,
  ): Promise<{ memoryBytes: number; cpus: number } | null>;
}
