import { SSH_CONFIG } from '../core/node/ssh-config.ts';
import type { ClusterRecord } from '../ports/stores.ts';
import type { Targets } from '../ports/target.ts';
import type { Workspace } from '../ports/workspace.ts';
import { targetOf } from './targets.ts';

/** Path of a cluster's ssh configuration; null for one whose nodes are reached on loopback. */
export function sshConfigPath(
  { workspace, targets }: { workspace: Workspace; targets: Targets },
  cluster: Pick<ClusterRecord, 'name' | 'spec'>,
): string | null {
  const { way } = targetOf(cluster, { targets }).access(cluster.spec);
  return way === 'loopback' ? null : workspace.path(cluster.name, 'ssh', SSH_CONFIG);
}
