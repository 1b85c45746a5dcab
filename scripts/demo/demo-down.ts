import { rmSync } from 'node:fs';
import type { Cluster } from '../../src/core/cluster/cluster.ts';
import type { OperationRecord } from '../../src/core/operation/operation.ts';
import { type Api, ApiProblem } from './api.ts';
import {
  apiAt,
  type DemoNote,
  ensureServer,
  paths,
  readNote,
  stopServer,
  waitFor,
} from './server.ts';

async function main(): Promise<void> {
  const noted = readNote();
  if (noted === null) {
    console.log('There is no demo to remove.');
    return;
  }
  // Its server may have died, with the nodes still there: only a server can remove them.
  const { api, note } = noted.server
    ? await ensureServer()
    : { api: apiAt(noted.base), note: noted };
  for (const cluster of await clustersToRemove(api, note)) {
    await waitFor(`Destroying cluster ${cluster}`, destroy(api, cluster));
    console.log(`Cluster ${cluster} is destroyed.`);
  }
  if (note.server) {
    await waitFor('Stopping the server', stopServer(note));
    rmSync(paths.data, { recursive: true, force: true });
    console.log(`The server is stopped and ${paths.data} removed.`);
  } else {
    rmSync(paths.note, { force: true });
    rmSync(paths.passwords, { force: true });
    console.log(`The server at ${note.base} was there before the demo and goes on.`);
  }
}

/**
 * With the demo's own server go its data, without which nobody could remove what else was made by it.
 * @throws Error before anything is removed, when a cluster is not on this machine
 */
async function clustersToRemove(api: Api, note: DemoNote): Promise<string[]> {
  if (!note.server) return [note.cluster];
  const { clusters } = await api.get<{ clusters: Pick<Cluster, 'name' | 'spec'>[] }>(
    '/api/v1/clusters?limit=200',
  );
  const elsewhere = clusters.find(({ spec }) => spec.target !== 'local');
  if (elsewhere) {
    const { name, spec } = elsewhere;
    throw new Error(
      `Cluster ${name} is on ${spec.target}, which demo-down leaves alone. Destroy it first: ./hathi cluster destroy ${name} --confirm ${name}`,
    );
  }
  return clusters.map(({ name }) => name);
}

async function destroy(api: Api, cluster: string): Promise<void> {
  try {
    const { id } = await api.startStep('destroy-terraform', { cluster, confirm: cluster });
    for await (const _event of api.events(id)) {
      // The stream ends with the operation.
    }
    const operation = await api.get<OperationRecord>(`/api/v1/operations/${id}`);
    if (operation.state === 'succeeded') return;
    throw new Error(
      `Cluster ${cluster} was not destroyed: ${operation.error?.message ?? operation.state} (operation ${id}; log: ${paths.log})`,
    );
  } catch (error) {
    const gone = ['CLUSTER_NOT_FOUND', 'STEP_MISSING'];
    if (!(error instanceof ApiProblem) || !gone.includes(error.code)) throw error;
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
