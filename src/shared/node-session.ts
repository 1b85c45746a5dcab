import type { Probe, ProbeSession } from '../ports/probe.ts';
import type { ClusterRecord } from '../ports/stores.ts';
import type { Targets } from '../ports/target.ts';
import type { Workspace } from '../ports/workspace.ts';
import { sshConfigPath } from './ssh-config-path.ts';

export interface NodeSessionTools {
  probe: Probe;
  workspace: Workspace;
  targets: Targets;
}

/**
 * Runs `work` with a session on the nodes of a cluster, and closes it.
 * @param secret a secret of the cluster, by its name
 */
export async function withNodeSession<T>(
  tools: NodeSessionTools,
  cluster: Pick<ClusterRecord, 'name' | 'spec' | 'nodes'>,
  secret: (name: 'ca-certificate' | 'postgres-superuser-password') => Promise<string>,
  work: (session: ProbeSession) => Promise<T>,
): Promise<T> {
  const session = tools.probe.open(cluster.nodes ?? [], {
    caCertificate: await secret('ca-certificate'),
    password: await secret('postgres-superuser-password'),
    sshConfig: sshConfigPath(tools, cluster),
  });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
