import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../src/adapters/process/run-command.ts';

/** The one that the server runs, where the bench was started without the PATH of the Makefile. */
const ANSIBLE = join(import.meta.dirname, '../.tools/venv/bin/ansible-playbook');
/** Hundreds of volumes with a thousand files each. */
const REMOVAL_SECONDS = 600;
const ENVIRONMENT = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' };

/** @returns stdout @throws Error with the output of the command if its exit code is not 0 */
export async function run(command: string, args: string[], timeoutSeconds = 60): Promise<string> {
  const result = await runCommand(command, args, { env: ENVIRONMENT, timeoutSeconds });
  if (result.exitCode === 0) return result.stdout.trim();
  throw new Error(`${command} ${args[0]} ended with ${result.exitCode}: ${result.stderr.trim()}`);
}

const first = (pattern: RegExp, text: string) => pattern.exec(text)?.[1] ?? 'unknown';
const orUnknown = (text: Promise<string>) => text.catch(() => 'unknown');

/** What the figures depend on. No name and no path of the machine. */
export async function describeMachine(image: string): Promise<[string, string][]> {
  const inImage = (...command: string[]) =>
    orUnknown(run('docker', ['run', '--rm', '--network', 'none', image, ...command]));
  const docker = run('docker', [
    'info',
    '--format',
    '{{.ServerVersion}}, cgroup v{{.CgroupVersion}}',
  ]);
  const [dockerVersion, terraform, ansible, packages, commit] = await Promise.all([
    orUnknown(docker),
    orUnknown(run('terraform', ['version']).catch(() => run('tofu', ['version']))),
    orUnknown(run(ANSIBLE, ['--version']).catch(() => run('ansible-playbook', ['--version']))),
    inImage('dpkg-query', '-W', 'postgresql-17', 'patroni', 'etcd-server'),
    orUnknown(run('git', ['-C', import.meta.dirname, 'rev-parse', '--short=12', 'HEAD'])),
  ]);
  const model = cpus()[0]?.model.trim() || 'unknown';
  return [
    ['commit', commit],
    [
      'machine',
      `${availableParallelism()} cores (${model}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    ],
    ['kernel', `${process.platform} ${release()}, ${process.arch}`],
    ['Docker', dockerVersion],
    ['Node', process.version],
    ['engine', first(/^((?:Terraform|OpenTofu) v\S+)/, terraform)],
    ['ansible-core', first(/\[core ([^\]]+)\]/, ansible)],
    ['on the nodes', packages.replaceAll('\t', ' ').split('\n').filter(Boolean).join(', ')],
  ];
}

/** Processes that wanted to run in the last minute, on average; null if the system does not report it. */
export async function loadAverage(): Promise<number | null> {
  const text = await readFile('/proc/loadavg', 'utf8').catch(() => null);
  return text === null ? null : Number(text.split(' ')[0]);
}

/**
 * Stops what runs of these sites, and removes nothing: the next turn has the machine to itself, and the disk
 * once what was written is on it.
 */
export async function halt(sites: readonly string[]): Promise<void> {
  for (const site of sites) {
    const running = await run('docker', ['ps', '-q', '--filter', `label=hathi.site=${site}`]);
    if (running) await run('docker', ['kill', ...lines(running)]);
  }
  await run('sync', []);
}

/**
 * Removes the containers and networks of these sites, and leaves the volumes. ext4 hands out no inode that
 * was freed in the last minutes, and looks at each of them for every file that is made: what came after
 * a removal spent up to a third of its time on that.
 * @returns the volumes, to be removed in the end
 */
export async function setAside(sites: readonly string[]): Promise<string[]> {
  const volumes: string[] = [];
  for (const site of sites) {
    const filter = ['--filter', `label=hathi.site=${site}`];
    const containers = lines(await run('docker', ['ps', '-aq', ...filter]));
    if (containers.length > 0) {
      const format = '{{range .Mounts}}{{if eq .Type "volume"}}{{println .Name}}{{end}}{{end}}';
      volumes.push(...lines(await run('docker', ['inspect', '--format', format, ...containers])));
      await run('docker', ['rm', '-f', ...containers]);
    }
    const networks = lines(await run('docker', ['network', 'ls', '-q', ...filter]));
    for (const network of networks) await run('docker', ['network', 'rm', network]);
  }
  return volumes;
}

/** Removes everything of these sites, and these volumes. */
export async function sweep(sites: readonly string[], volumes: readonly string[]): Promise<void> {
  const all = [...volumes, ...(await setAside(sites))];
  if (all.length > 0) await run('docker', ['volume', 'rm', '--force', ...all], REMOVAL_SECONDS);
}

function lines(text: string): string[] {
  return text.split('\n').filter(Boolean);
}
