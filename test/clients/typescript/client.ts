/**
 * Creates, approves, watches and destroys a cluster with the types of openapi-typescript and
 * openapi-fetch. Arguments: the URL of the server and the name of the cluster.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.ts';

const WAIT_LIMIT_SECONDS = 180;
const [url = '', name = ''] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl: url });

type Event = components['schemas']['OperationEvent'];

/** Prints the type of each event as it arrives and returns that of the last one. */
async function watch(id: string): Promise<string> {
  const { data } = await client.GET('/api/v1/operations/{id}/events', {
    params: { path: { id } },
    parseAs: 'stream',
  });
  let text = '';
  let last = '';
  for await (const chunk of (data ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines.filter((each) => each.startsWith('data: '))) {
      last = (JSON.parse(line.slice('data: '.length)) as Event).type;
      console.log(last);
    }
  }
  return last;
}

async function waitFor(id: string, state: string): Promise<void> {
  for (const end = Date.now() + WAIT_LIMIT_SECONDS * 1_000; Date.now() < end; await sleep(200)) {
    const { data, error } = await client.GET('/api/v1/operations/{id}', {
      params: { path: { id } },
    });
    if (error || data.state === 'failed') throw new Error(JSON.stringify(error ?? data.error));
    if (data.state === state) return;
  }
  throw new Error(`operation ${id} did not become ${state}`);
}

const created = await client.POST('/api/v1/clusters', {
  body: { name, replica_count: 0, parameters: { work_mem: '8MB' } },
});
if (created.error) throw new Error(JSON.stringify(created.error));
const { id } = created.data;
await waitFor(id, 'awaiting-approval');
await client.POST('/api/v1/operations/{id}/approve', { params: { path: { id } }, body: {} });
const last = await watch(id);
if (last !== 'operation.succeeded') throw new Error(`the last event is ${last}`);
const cluster = await client.GET('/api/v1/clusters/{name}', { params: { path: { name } } });
if (cluster.data?.status !== 'healthy') throw new Error(JSON.stringify(cluster));
const destroyed = await client.DELETE('/api/v1/clusters/{name}', {
  params: { path: { name }, query: { confirm: name } },
});
if (destroyed.error) throw new Error(JSON.stringify(destroyed.error));
await waitFor(destroyed.data.id, 'succeeded');
console.log('destroyed', name);
