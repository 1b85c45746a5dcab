import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { makeWorkspaceKeys } from './ansible-workspace-keys.ts';
import { waitFor } from './wait-for.ts';

const run = promisify(execFile);
const repository = resolve(import.meta.dirname, '../..');
const ansiblePlaybook =
  process.env.HATHI_TEST_ANSIBLE_PLAYBOOK ?? join(repository, '.tools/venv/bin/ansible-playbook');

/** What the callback writes, one object a line: `ansible/README.md`. */
export type AnsibleEvent = {
  event: string;
  task?: string;
  host?: string;
  status?: string;
  duration_seconds?: number;
  message?: string;
  hosts?: Record<string, Record<string, number>>;
};

export type AnsibleRun = { exitCode: number | null; events: AnsibleEvent[]; output: string };

export type WorkspaceOptions = {
  /** Docker image of the nodes. */
  image: string;
  /** IPv4 /24. */
  subnet: string;
  postgresNodes: number;
  /** Adds one node with etcd alone. */
  witness?: boolean;
  postgresVersion?: string;
  cluster?: string;
  variables?: Record<string, unknown>;
};

const site = 'bada55';

/**
 * Real nodes and the folder that a cluster's Ansible runs in, made without Hathi: Docker for the
 * nodes, openssl for the certificates. Everything goes with `remove()`.
 */
export class AnsibleWorkspace {
  readonly folder: string;
  readonly options: WorkspaceOptions;
  readonly passwords = {
    postgres_superuser_password: randomBytes(18).toString('base64url'),
    postgres_replication_password: randomBytes(18).toString('base64url'),
    postgres_rewind_password: randomBytes(18).toString('base64url'),
  };

  private constructor(folder: string, options: WorkspaceOptions) {
    this.folder = folder;
    this.options = options;
  }

  static async create(options: WorkspaceOptions): Promise<AnsibleWorkspace> {
    const workspace = new AnsibleWorkspace(
      await mkdtemp(join(tmpdir(), 'hathi-ansible-')),
      options,
    );
    await workspace.remove({ keepFolder: true });
    await makeWorkspaceKeys(
      workspace.folder,
      workspace.cluster,
      workspace.nodes.map((name) => ({ name, address: workspace.address(name) })),
    );
    await run('docker', ['network', 'create', '--subnet', options.subnet, workspace.network]);
    await Promise.all(workspace.nodes.map((node) => workspace.makeNode(node)));
    await workspace.writeFiles();
    return workspace;
  }

  get cluster(): string {
    return this.options.cluster ?? 'demo';
  }

  get network(): string {
    return `hathi-${site}-${this.cluster}`;
  }

  get postgres(): string[] {
    return Array.from({ length: this.options.postgresNodes }, (_, n) => `${this.cluster}-${n + 1}`);
  }

  get nodes(): string[] {
    return this.options.witness
      ? [...this.postgres, `${this.cluster}-${this.options.postgresNodes + 1}`]
      : this.postgres;
  }

  get etcd(): string[] {
    return this.nodes.length < 3 ? this.nodes.slice(0, 1) : this.nodes.slice(0, 3);
  }

  container(node: string): string {
    return `hathi-${site}-${node}`;
  }

  address(node: string): string {
    const last = 10 + Number(node.split('-').at(-1));
    return `${this.options.subnet.split('.').slice(0, 3).join('.')}.${last}`;
  }

  /** Makes the machine of a node, with the host key it always had. */
  async makeNode(node: string): Promise<void> {
    const container = this.container(node);
    await run('docker', [
      ...['create', '--name', container, '--hostname', node, '--network', this.network],
      ...['--ip', this.address(node), '--publish', '127.0.0.1::22'],
      ...['--label', `hathi.site=${site}`, '--label', `hathi.cluster=${this.cluster}`],
      ...['--cap-add', 'SYS_ADMIN', '--cap-add', 'NET_ADMIN'],
      ...['--security-opt', 'seccomp=unconfined', '--shm-size', '256m'],
      ...['--tmpfs', '/run', '--tmpfs', '/run/lock', '--cgroupns=host'],
      ...['--volume', '/sys/fs/cgroup:/sys/fs/cgroup:rw', '--env', 'container=docker'],
      ...['--volume', '/var/lib/postgresql', '--volume', '/var/lib/etcd'],
      ...[this.options.image, '/sbin/init'],
    ]);
    const overlay = join(this.folder, 'overlay', node);
    await run('docker', ['cp', '--archive', `${overlay}/.`, `${container}:/`]);
    await this.startNode(node);
  }

  async startNode(node: string): Promise<void> {
    await run('docker', ['start', this.container(node)]);
    const { port } = await this.sshPort(node);
    await waitFor(`sshd on ${node}`, 20, async () => {
      const { stdout } = await run('ssh-keyscan', [
        '-T',
        '1',
        '-t',
        'ed25519',
        '-p',
        port,
        '127.0.0.1',
      ]);
      return stdout.includes('ed25519');
    });
  }

  /** The machine and its disks, gone. */
  async removeNode(node: string): Promise<void> {
    await run('docker', ['rm', '--force', '--volumes', this.container(node)]);
  }

  /** Its power cut. */
  async killNode(node: string): Promise<void> {
    await run('docker', ['kill', this.container(node)]);
  }

  async sshPort(node: string): Promise<{ port: string }> {
    const { stdout } = await run('docker', ['port', this.container(node), '22/tcp']);
    return { port: stdout.trim().split('\n')[0]?.split(':')[1] ?? '' };
  }

  /** Writes roles, inventory and variables as `create-ansible-script` does. */
  async writeFiles(): Promise<void> {
    const ansible = join(this.folder, 'ansible');
    await mkdir(join(ansible, 'inventory'), { recursive: true });
    await mkdir(join(ansible, 'group_vars/all'), { recursive: true });
    for (const folder of ['roles', 'callback_plugins']) {
      await cp(join(repository, 'ansible', folder), join(ansible, folder), { recursive: true });
    }
    await cp(join(repository, 'node/hathi_node'), join(ansible, 'node/hathi_node'), {
      recursive: true,
    });
    await cp(join(repository, 'ansible/ansible.cfg'), join(ansible, 'ansible.cfg'));
    await cp(join(repository, 'ansible/playbooks/main.yml'), join(ansible, 'main.yml'));
    const ports = await Promise.all(this.nodes.map((node) => this.sshPort(node)));
    const line = (node: string) =>
      `${node} ansible_host=127.0.0.1 ansible_port=${ports[this.nodes.indexOf(node)]?.port} node_address=${this.address(node)}`;
    const witnesses = this.nodes.filter((node) => !this.postgres.includes(node));
    await writeFile(
      join(ansible, 'inventory/hosts'),
      [
        ...['[postgres]', ...this.postgres.map(line), ''],
        ...['[witness]', ...witnesses.map(line), ''],
        ...['[etcd]', ...this.etcd, ''],
        ...['[trial]', ''],
        ...['[cluster:children]', 'postgres', 'witness', 'etcd', ''],
      ].join('\n'),
    );
    const variables = {
      cluster_name: this.cluster,
      cluster_addresses: Object.fromEntries(this.nodes.map((node) => [node, this.address(node)])),
      cluster_subnets: [this.options.subnet],
      cluster_allow_list: [],
      postgres_version: this.options.postgresVersion ?? '17',
      patroni_scope: this.cluster,
      patroni_ttl: 20,
      patroni_loop_wait: 2,
      patroni_retry_timeout: 3,
      patroni_dynamic_parameters: { max_connections: 200 },
      patroni_local_parameters: { shared_buffers: '64MB' },
      pki_directory: 'pki',
      ...this.options.variables,
    };
    // JSON is YAML.
    await writeFile(
      join(ansible, 'group_vars/all/main.yml'),
      `${JSON.stringify(variables, null, 2)}\n`,
    );
    await writeFile(
      join(ansible, 'group_vars/all/secrets.yml'),
      `${JSON.stringify(this.passwords, null, 2)}\n`,
      { mode: 0o600 },
    );
    const keys = await Promise.all(
      this.nodes.map((node) => readFile(join(this.folder, 'ssh/host_keys', `${node}.pub`), 'utf8')),
    );
    await writeFile(
      join(this.folder, 'ssh/known_hosts'),
      this.nodes.map((_, n) => `[127.0.0.1]:${ports[n]?.port} ${keys[n]}`).join(''),
    );
  }

  /**
   * Runs the playbook.
   * @param interruptAfterEvents sends SIGINT to the whole group when that many events were written
   */
  async play(interruptAfterEvents = Number.POSITIVE_INFINITY): Promise<AnsibleRun> {
    const child = spawn(ansiblePlaybook, ['-i', 'inventory/hosts', 'main.yml'], {
      cwd: join(this.folder, 'ansible'),
      detached: true,
      env: { ...process.env, ANSIBLE_STDOUT_CALLBACK: 'hathi_events', HATHI_EVENTS_FILE: '' },
    });
    const events: AnsibleEvent[] = [];
    let output = '';
    let rest = '';
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const text of lines.filter((one) => one.startsWith('{'))) events.push(JSON.parse(text));
      if (events.length >= interruptAfterEvents && child.pid) {
        process.kill(-child.pid, 'SIGINT');
        interruptAfterEvents = Number.POSITIVE_INFINITY;
      }
    });
    const exitCode = await new Promise<number | null>((done) => child.on('close', done));
    return { exitCode, events, output };
  }

  /** Runs a command on a node, as root. */
  async on(node: string, ...command: string[]): Promise<string> {
    const { stdout } = await run('docker', ['exec', this.container(node), ...command]);
    return stdout.trim();
  }

  async sql(node: string, statement: string): Promise<string> {
    return await this.on(node, 'runuser', '-u', 'postgres', '--', 'psql', '-XAtqc', statement);
  }

  async remove({ keepFolder = false } = {}): Promise<void> {
    const { stdout } = await run('docker', [
      ...['ps', '--all', '--quiet', '--filter', `label=hathi.site=${site}`],
      ...['--filter', `label=hathi.cluster=${this.cluster}`],
    ]);
    const found = stdout.split('\n').filter(Boolean);
    if (found.length > 0) await run('docker', ['rm', '--force', '--volumes', ...found]);
    await run('docker', ['network', 'rm', this.network]).catch(() => undefined);
    if (!keepFolder) await rm(this.folder, { recursive: true });
  }
}

/** The node image's name, built if it is not there. */
export async function nodeImage(flavour: 'trixie' | 'bookworm'): Promise<string> {
  const { stdout } = await run(join(repository, 'images/node/build.sh'), [flavour]);
  return stdout.trim();
}

/** What failed, for the reader of a red test. */
export function reasons({ events, output, exitCode }: AnsibleRun): string[] {
  if (exitCode === 0) return [];
  const messages = events.flatMap(({ host, message }) => (message ? [`${host}: ${message}`] : []));
  return messages.length > 0 ? messages : [output];
}

/** Which host was changed by which task. */
export function changes({ events }: AnsibleRun): string[] {
  return events
    .filter(({ status }) => status === 'changed')
    .map(({ host, task }) => `${host} ${task}`);
}
