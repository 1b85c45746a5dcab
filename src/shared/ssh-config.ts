import { SSH_CONFIG } from '../core/aws/ssh-config.ts';
import type { ClusterRecord } from '../ports/stores.ts';
import type { Workspace } from '../ports/workspace.ts';

/** Where the ssh configuration of a cluster lies; null for one whose nodes are reached by loopback. */
export function sshConfigOf(
  { workspace }: { workspace: Workspace },
  { name, spec }: Pick<ClusterRecord, 'name' | 'spec'>,
): string | null {
  return spec.aws ? workspace.path(name, 'ssh', SSH_CONFIG) : null;
}
