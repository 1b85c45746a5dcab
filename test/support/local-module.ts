import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const LOCAL_MODULE = join(ROOT, 'terraform/modules/local');
const run = promisify(execFile);

export interface NodeInput {
  address: string;
  ssh_port: number;
  postgres_port?: number;
}

/** What a test gives the module; keys and paths are the workspace's own. */
export interface ModuleInput {
  site: string;
  cluster: string;
  operation_id: string;
  image: string;
  subnet: string;
  nodes: Record<string, NodeInput>;
}

/** @returns the node image's name; builds it where this machine has none */
export async function nodeImage(): Promise<string> {
  return (await run(join(ROOT, 'images/node/build.sh'))).stdout.trim();
}

export async function docker(...args: string[]): Promise<string> {
  return (await run('docker', args)).stdout.trim();
}

/** One run of an engine. Never throws: a refusal is what some tests look at. */
export async function runEngine(
  path: string,
  folder: string,
  ...args: string[]
): Promise<{ code: number; text: string }> {
  const env = { ...process.env, TF_IN_AUTOMATION: '1', TF_CLI_CONFIG_FILE: '/dev/null' };
  try {
    const { stdout, stderr } = await run(path, [`-chdir=${folder}`, ...args], { env });
    return { code: 0, text: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, text: stdout + stderr };
  }
}

/** Engines break long lines of an error and draw a border beside it: here it is one line again. */
export function unwrapped(text: string): string {
  return text.replace(/[│╷╵]/g, ' ').replace(/\s+/g, ' ');
}

/** An ed25519 key and its `.pub`, unless the file is there. */
export async function sshKey(file: string): Promise<void> {
  // ssh-keygen would prompt before it overwrites a file.
  if (existsSync(file)) return;
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file]);
}

/** Writes a cluster's workspace below `home`, as Hathi lays it out, and returns its Terraform folder. */
export async function writeWorkspace(home: string, input: ModuleInput): Promise<string> {
  const folder = join(home, input.cluster, 'terraform');
  await mkdir(folder, { recursive: true });
  await cp(LOCAL_MODULE, join(folder, 'modules/local'), { recursive: true });
  for (const node of Object.keys(input.nodes)) {
    await mkdir(join(home, input.cluster, 'host_keys', node), { recursive: true });
    await sshKey(hostKeyFile(home, input.cluster, node));
  }
  await sshKey(join(home, 'id_ed25519'));
  const cluster = {
    source: './modules/local',
    ...input,
    authorized_key: await readFile(join(home, 'id_ed25519.pub'), 'utf8'),
    host_keys_directory: '../host_keys',
  };
  const configuration = {
    module: { cluster },
    output: { nodes: { value: `\${module.cluster.nodes}` } },
  };
  await writeFile(join(folder, 'main.tf.json'), JSON.stringify(configuration));
  return folder;
}

export function hostKeyFile(home: string, cluster: string, node: string): string {
  return join(home, cluster, 'host_keys', node, 'ssh_host_ed25519_key');
}

/** Output of a command on a node over SSH, with its host key pinned. */
export async function onNode(
  home: string,
  node: { cluster: string; name: string; port: number },
  command: string,
): Promise<string> {
  const key = await readFile(`${hostKeyFile(home, node.cluster, node.name)}.pub`, 'utf8');
  const knownHosts = join(home, `known_hosts-${node.name}`);
  await writeFile(knownHosts, `[127.0.0.1]:${node.port} ${key}`);
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${knownHosts}`,
    'GlobalKnownHostsFile=/dev/null',
    `IdentityFile=${join(home, 'id_ed25519')}`,
    `Port=${node.port}`,
  ].flatMap((option) => ['-o', option]);
  const { stdout } = await run('ssh', ['-F', '/dev/null', ...options, 'root@127.0.0.1', command]);
  return stdout.trim();
}

/** Ports of loopback that nobody listens on, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  return Promise.all(
    servers.map(async (server) => {
      if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as { port: number };
      await new Promise((resolve) => server.close(resolve));
      return port;
    }),
  );
}

/** Whatever a failed test left of a site in Docker; nothing to do after a good run. */
export function removeSite(site: string): void {
  const label = ['--filter', `label=hathi.site=${site}`];
  const ids = (...args: string[]) =>
    execFileSync('docker', args, { encoding: 'utf8' }).split('\n').filter(Boolean);
  const containers = ids('ps', '-aq', ...label);
  if (containers.length > 0) execFileSync('docker', ['rm', '-f', '-v', ...containers]);
  const networks = ids('network', 'ls', '-q', ...label);
  if (networks.length > 0) execFileSync('docker', ['network', 'rm', ...networks]);
}
