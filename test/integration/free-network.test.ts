import { randomBytes } from 'node:crypto';
import { afterAll, expect, it } from 'vitest';
import { createDocker } from '../../src/targets/local/docker.ts';
import { freeNetworkIndex } from '../../src/targets/local/free-network.ts';

const QUESTIONS = 60;
const SUBNET = '10.231.90.0/28';

const docker = createDocker({ PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' });
const network = `hathi-test-${randomBytes(3).toString('hex')}`;
afterAll(async () => {
  await docker('network', 'rm', network).catch(() => {});
});

it('finds a network while others are made and removed', async () => {
  let asking = true;
  const comingAndGoing = (async () => {
    while (asking) {
      await docker('network', 'create', '--subnet', SUBNET, network);
      await docker('network', 'rm', network);
    }
  })();
  try {
    for (let question = 0; question < QUESTIONS; question += 1) {
      expect(await freeNetworkIndex(docker, [], 'abc123')).toBeGreaterThanOrEqual(0);
    }
  } finally {
    asking = false;
    await comingAndGoing;
  }
});
