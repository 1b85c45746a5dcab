import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  type BackgroundProcess,
  startInBackground,
} from '../../../src/adapters/process/background.ts';
import { freePort } from '../../support/postgres-server.ts';
import { SmallDisk } from '../../support/small-disk.ts';

/** For the embedded database (40 MiB and its reserve of 48) and for the 64 that an apply needs. */
const DISK_MEBIBYTES = 220;
/** Enough for the database, and too little for an apply. */
const BELOW_APPLY_MEBIBYTES = 56;
const WAIT_SECONDS = 120;
const MAIN = new URL('../../../src/main.ts', import.meta.url).pathname;

let disk: SmallDisk;
let server: BackgroundProcess;
let data: string;
let url: string;
let logPath: string;

const request = async (path: string, body?: object, headers: Record<string, string> = {}) => {
  const response = await fetch(`${url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(WAIT_SECONDS * 1_000),
  });
  // biome-ignore lint/suspicious/noExplicitAny: the expectations check its content
  return { status: response.status, body: (await response.json()) as any };
};
const cluster = () => join(data, 'clusters/default');

async function until<T>(what: string, look: () => Promise<T | null | undefined | false>) {
  const deadline = Date.now() + WAIT_SECONDS * 1_000;
  while (Date.now() < deadline) {
    const found = await look().catch(() => null);
    if (found) return found;
    await sleep(200);
  }
  throw new Error(
    `${what} did not happen; the log ends: ${readFileSync(logPath, 'utf8').slice(-4_000)}`,
  );
}

beforeAll(async () => {
  expect(process.getuid?.(), 'mounting a small file system needs root').toBe(0);
  disk = new SmallDisk(DISK_MEBIBYTES);
  data = join(disk.folder, 'data');
  logPath = join(data, 'server.log');
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, HATHI_DATA_DIR: data, HATHI_PORT: String(port) };
  // The log is on the disk, too.
  server = startInBackground(MAIN, { logPath, env: { ...env, HATHI_LEASE_SECONDS: '3' } });
  await until('the start', async () => (await request('/health')).status === 200);
  const generated = await request('/generate-terraform', { replica_count: 0 });
  expect(generated, JSON.stringify(generated.body)).toMatchObject({ status: 200 });
}, 300_000);
afterAll(async () => {
  if (server) {
    process.kill(server.pid, 'SIGKILL');
    await server.ended;
  }
  disk?.remove();
});

afterEach(() => disk.free());

it('answers reads and 507 to every step while the disk is full, and keeps what it has', async () => {
  const main = readFileSync(join(cluster(), 'terraform/main.tf'), 'utf8');
  disk.fill();
  for (const [path, input] of Object.entries({
    '/generate-terraform': { replica_count: 1 },
    '/plan-terraform': {},
    '/destroy-terraform': { confirm: 'default' },
  })) {
    expect(await request(path, input), path).toMatchObject({
      status: 507,
      body: {
        code: 'DISK_FULL',
        path: expect.stringContaining(data),
        free_bytes: expect.any(Number),
        needed_bytes: expect.any(Number),
      },
    });
  }
  expect((await request('/api/v1/clusters/default')).status).toBe(200);
  const logged = statSync(logPath).size;
  expect((await request('/api/v1/clusters/nobody')).status).toBe(404);
  expect(readFileSync(join(cluster(), 'terraform/main.tf'), 'utf8')).toBe(main);
  disk.free();
  expect((await request('/plan-terraform', {})).status).toBe(200);
  expect(statSync(logPath).size).toBeGreaterThan(logged);
});

it('applies nothing without the space that an apply needs', async () => {
  disk.fill(BELOW_APPLY_MEBIBYTES);
  expect(await request('/apply-terraform', {})).toMatchObject({
    status: 507,
    body: { code: 'DISK_FULL', path: data, needed_bytes: 64 * 2 ** 20 },
  });
});

it('plans and destroys a cluster whose apply filled the disk', async () => {
  // Resources that make no node. The second one fills the disk, and the third one makes the state grow.
  const configuration = `
    variable "operation_id" {
      type = string
      default = ""
    }
    resource "terraform_data" "before" {}
    resource "terraform_data" "filling" {
      depends_on = [terraform_data.before]
      provisioner "local-exec" {
        command = "sleep 2; cat /dev/zero >${disk.filler} || true"
      }
    }
    resource "terraform_data" "after" {
      depends_on = [terraform_data.filling]
      input = join("", [for number in range(1000) : "state of a hundred characters"])
    }
    `;
  writeFileSync(join(cluster(), 'terraform/main.tf'), configuration);
  writeFileSync(join(cluster(), 'terraform/outputs.tf'), 'output "nodes" { value = {} }');
  const first = await request('/plan-terraform', {});
  expect(first, JSON.stringify(first.body)).toMatchObject({ status: 200 });
  const { body } = await request('/apply-terraform', {}, { prefer: 'respond-async' });
  const child = join(data, 'operations', body.id, '0-apply-terraform/terraform-apply.1');
  await until('the end of Terraform', async () => existsSync(join(child, 'exit-code')));
  expect((await request(`/api/v1/operations/${body.id}`)).body.state).toBe('running');
  disk.free();
  const ended = await until('the end of the apply', async () => {
    const operation = (await request(`/api/v1/operations/${body.id}`)).body;
    return operation.state !== 'running' && operation;
  });
  expect(ended.error?.code, JSON.stringify(ended)).toBe('DISK_FULL');
  const planned = await request('/plan-terraform', {});
  expect(planned, JSON.stringify(planned.body)).toMatchObject({ status: 200 });
  const destroyed = await request('/destroy-terraform', { confirm: 'default' });
  expect(destroyed, JSON.stringify(destroyed.body)).toMatchObject({ status: 200 });
});
