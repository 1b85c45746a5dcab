import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDocker } from '../src/targets/local/docker.ts';
import { freeNetworkIndex } from '../src/targets/local/free-network.ts';
import { localNetwork } from '../src/targets/local/local-network.ts';
import { run } from './machine.ts';

const SCRIPT = join(import.meta.dirname, 'expert', 'create.sh');
const LONGEST_SECONDS = 120;

export interface ExpertRun {
  seconds: number;
  /** What each part took, in order; they sum up to the whole. */
  phases: [string, number][];
}

/** Runs the expert's script for one cluster, whose containers stay until they are swept. */
export async function runExpert(site: string, image: string, nodes: number): Promise<ExpertRun> {
  const docker = createDocker({ PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' });
  const index = await freeNetworkIndex(docker, [], site);
  const { subnet, sshPortOf } = localNetwork(index);
  const prefix = subnet.split('.').slice(0, 3).join('.');
  const folder = await mkdtemp(join(tmpdir(), 'hathi-expert-'));
  const forget = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', forget); // It has keys in it, and an interruption goes past `finally`.
  try {
    const started = performance.now();
    const args = [SCRIPT, site, image, String(nodes), prefix, String(sshPortOf(1)), folder];
    const printed = await run('bash', args, LONGEST_SECONDS);
    const seconds = (performance.now() - started) / 1000;
    const marks = printed.split('\n').map((line) => line.split(' '));
    let before = 0;
    const phases = marks.map(([name = '', at = '0']): [string, number] => {
      const taken = Number(at) - before;
      before = Number(at);
      return [name, taken];
    });
    return { seconds, phases };
  } finally {
    forget();
    process.off('exit', forget);
  }
}
