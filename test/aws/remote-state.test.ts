import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ServerProcess } from '../support/server-process.ts';
import { SETTINGS, startAwsServer } from './aws-server.ts';
import { type Emulator, startEmulator } from './ec2/emulator.ts';

const BUCKET = 'hathi-states';
const KEY = 'orders/terraform.tfstate';
/** The emulator requires a signature and does not check it. */
const SIGNED = {
  authorization: 'AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request',
};

let emulator: Emulator;
let server: ServerProcess;
beforeAll(async () => {
  emulator = await startEmulator();
  const made = await fetch(`${emulator.environment.AWS_ENDPOINT_URL}/${BUCKET}`, {
    method: 'PUT',
    headers: SIGNED,
  });
  expect(made.status).toBe(200);
  server = await startAwsServer(emulator);
});
afterAll(async () => {
  await server?.destroy();
  await emulator?.stop();
});

async function inBucket(): Promise<{ serial: number; resources: unknown[] }> {
  const got = await fetch(`${emulator.environment.AWS_ENDPOINT_URL}/${BUCKET}/${KEY}`, {
    headers: SIGNED,
  });
  expect(got.status).toBe(200);
  return (await got.json()) as { serial: number; resources: unknown[] };
}

it('keeps the state in the bucket that the user names, and goes on from there', async () => {
  const state_bucket = { bucket: BUCKET, key: KEY, region: 'us-east-1', path_style: true };
  await server.step('/generate-terraform', {
    instance_type: 't3.medium',
    replica_count: 0,
    aws: { ...SETTINGS, state_bucket },
  });
  await server.step('/plan-terraform', {});
  const applied = await server.step('/apply-terraform', {});
  expect(applied.nodes).toHaveLength(1);
  expect((await inBucket()).resources.length).toBeGreaterThan(10);
  const file = join(server.dataDirectory, 'clusters/default/terraform/terraform.tfstate');
  await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });

  const again = await server.step('/plan-terraform', {});
  expect(again.summary).toMatchObject({ empty: true });
  expect((await server.get('/api/v1/orphans')).body.orphans).toEqual([]);

  await server.send('PATCH', '/api/v1/clusters/default', { deletion_protection: false });
  await server.step('/destroy-terraform', { confirm: 'default' });
  expect((await inBucket()).resources).toEqual([]);
});
