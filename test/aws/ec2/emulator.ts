import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Faults, startFaults } from './faults.ts';

const python = fileURLToPath(new URL('../../../.tools/aws-venv/bin/python', import.meta.url));
const program = join(import.meta.dirname, 'start_moto.py');
const START_MILLISECONDS = 60_000;

/** The account of Debian's own images. */
const DEBIAN = '136693071363';

/** Every image that the emulated region has. */
export const IMAGES = [
  image('ami-0d13a0d64a1100001', 'debian-13-amd64-20260901-2200', 'x86_64', '2026-09-01'),
  image('ami-0d13a0d64a1100002', 'debian-13-amd64-20261103-2286', 'x86_64', '2026-11-03'),
  image('ami-0d13a0d64a1100003', 'debian-13-arm64-20261103-2286', 'arm64', '2026-11-03'),
  image('ami-0d13a0d64a1100004', 'debian-12-amd64-20261103-2286', 'x86_64', '2026-11-03'),
];

function image(id: string, name: string, architecture: string, date: string) {
  return {
    ami_id: id,
    name,
    owner_id: DEBIAN,
    public: true,
    virtualization_type: 'hvm',
    architecture,
    state: 'available',
    platform: null,
    image_type: 'machine',
    hypervisor: 'xen',
    root_device_name: '/dev/xvda',
    root_device_type: 'ebs',
    sriov: 'simple',
    description: name,
    creation_date: `${date}T00:00:00.000Z`,
    image_location: `amazon/${name}`,
  };
}

/** The EC2, IAM, STS and S3 APIs on loopback, with nothing behind them. */
export interface Emulator {
  /** For clients: the endpoint, credentials without a meaning, and a region. */
  environment: Record<string, string>;
  faults: Faults;
  /** What it has logged. */
  log(): string;
  stop(): Promise<void>;
}

/** @throws when the emulator is not installed, or does not respond in time */
export async function startEmulator(region = 'eu-central-1'): Promise<Emulator> {
  if (!existsSync(python)) throw new Error('Moto is not here; run scripts/setup/aws.sh');
  const folder = await mkdtemp(join(tmpdir(), 'hathi-ec2-'));
  const images = join(folder, 'images.json');
  await writeFile(images, JSON.stringify(IMAGES));
  const port = await freePort();
  const child = spawn(python, [program, '-H', '127.0.0.1', '-p', String(port)], {
    env: {
      PATH: process.env.PATH,
      MOTO_AMIS_PATH: images,
      MOTO_IAM_LOAD_MANAGED_POLICIES: 'true',
      // Its own state machine of instances would hold each for a while.
      MOTO_EC2_LOAD_DEFAULT_AMIS: 'true',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-100_000);
    });
  }
  const origin = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + START_MILLISECONDS;
  while (!(await answers(origin))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      end();
      throw new Error(`Moto did not start: ${log.slice(-2_000)}`);
    }
    await sleep(100);
  }
  const faults = await startFaults(origin);
  return {
    environment: {
      AWS_ENDPOINT_URL: faults.url,
      AWS_ACCESS_KEY_ID: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
      AWS_SECRET_ACCESS_KEY: randomBytes(20).toString('hex'),
      AWS_REGION: region,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    faults,
    log: () => log,
    async stop() {
      await faults.stop();
      process.off('exit', end);
      end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answers(origin: string): Promise<boolean> {
  return await fetch(`${origin}/moto-api/`).then(
    (response) => response.ok,
    () => false,
  );
}

function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
  });
  return promise;
}
