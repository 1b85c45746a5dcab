import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { runCommand } from '../../src/adapters/process/run-command.ts';
import type { Topology } from '../../src/core/cluster/topology.ts';
import type { ReplicationReport } from '../../src/core/postgres/replication-report.ts';
import type { ClusterView, ConnectionView } from '../../src/services/api.ts';
import { waitFor } from './wait-for.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const CLUSTER = 'default';
const START_SECONDS = 60;
const STOP_SECONDS = 20;

/** Where `make setup` puts what the machine may lack. */
const PATH = [join(REPOSITORY, '.tools/bin'), join(REPOSITORY, '.tools/venv/bin'), process.env.PATH]
  .filter(Boolean)
  .join(delimiter);

export interface Answer<Body = Record<string, unknown>> {
  status: number;
  body: Body;
}

export interface HarnessOptions {
  replicaCount: number;
  failoverProfile?: 'fast' | 'balanced' | 'patient';
  parameters?: Record<string, string | number | boolean>;
}

/** A real server with a data directory of its own, and the cluster that it made. */
export class ClusterHarness {
  readonly dataDirectory: string;
  #server: ChildProcess | null = null;
  #base = '';
  #log = '';

  private constructor(dataDirectory: string) {
    this.dataDirectory = dataDirectory;
  }

  /** Starts a server on a free port; it has no cluster yet. */
  static async start(): Promise<ClusterHarness> {
    const harness = new ClusterHarness(await mkdtemp(join(tmpdir(), 'hathi-e2e-')));
    await harness.startServer();
    return harness;
  }

  /** Starts a server and takes all five steps. */
  static async withCluster(options: HarnessOptions): Promise<ClusterHarness> {
    const harness = await ClusterHarness.start();
    try {
      await harness.create(options);
      return harness;
    } catch (error) {
      await harness.close();
      throw error;
    }
  }

  async startServer(): Promise<void> {
    const server = spawn(process.execPath, [join(REPOSITORY, 'src/main.ts')], {
      cwd: REPOSITORY,
      env: { ...process.env, PATH, HATHI_DATA_DIR: this.dataDirectory, HATHI_PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#server = server;
    const take = (chunk: Buffer): void => {
      this.#log += chunk.toString();
    };
    server.stdout?.on('data', take);
    server.stderr?.on('data', take);
    this.#base = await waitFor('the server', START_SECONDS, async () => {
      if (server.exitCode !== null) throw new Error(`The server ended:\n${this.#log}`);
      return /Hathi answers at (\S+)/.exec(this.#log)?.[1] ?? null;
    });
    await waitFor(
      'readiness',
      START_SECONDS,
      async () => (await this.get('/ready')).status === 200,
    );
  }

  /** The five steps. @throws with the problem document of the step that failed */
  async create({ replicaCount, failoverProfile, parameters }: HarnessOptions): Promise<void> {
    const profile = failoverProfile ? { failover_profile: failoverProfile } : {};
    await this.step('generate-terraform', {
      instance_type: 't2.medium',
      replica_count: replicaCount,
      ...profile,
    });
    await this.step('plan-terraform');
    await this.step('apply-terraform');
    await this.step('create-ansible-script', parameters ?? {});
    await this.step('execute-ansible-script');
  }

  async get<Body = Record<string, unknown>>(path: string): Promise<Answer<Body>> {
    const response = await fetch(`${this.#base}${path}`);
    return { status: response.status, body: (await response.json()) as Body };
  }

  async post<Body = Record<string, unknown>>(path: string, body: object): Promise<Answer<Body>> {
    const response = await fetch(`${this.#base}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Body };
  }

  /** Takes a step and gives its outcome. @throws with the problem document */
  async step(name: string, body: object = {}): Promise<Record<string, unknown>> {
    const answer = await this.post(`/${name}`, body);
    if (answer.status === 200) return answer.body;
    throw new Error(`${name}: ${JSON.stringify(answer.body, null, 2)}`);
  }

  /** Takes `verify-replication`, whichever way it ends. */
  async verify(): Promise<{ status: number; report: ReplicationReport; detail: string }> {
    const { status, body } = await this.post('/verify-replication', {});
    const report = (status === 200 ? body : body.report) as ReplicationReport | undefined;
    if (!report) throw new Error(`verify-replication: ${JSON.stringify(body)}`);
    return { status, report, detail: String(body.detail ?? '') };
  }

  /** Verifies until the report passes. */
  async untilProven(withinSeconds: number): Promise<ReplicationReport> {
    return await waitFor('a report that passes', withinSeconds, async () => {
      const { status, report, detail } = await this.verify();
      if (status !== 200) throw new Error(detail);
      return report;
    });
  }

  async cluster(): Promise<ClusterView> {
    return (await this.get<ClusterView>(`/api/v1/clusters/${CLUSTER}`)).body;
  }

  async connection(): Promise<ConnectionView> {
    return (await this.get<ConnectionView>(`/api/v1/clusters/${CLUSTER}/connection`)).body;
  }

  async topology(): Promise<Topology> {
    const { topology } = await this.cluster();
    if (topology === null) throw new Error('The cluster has no topology yet.');
    return topology;
  }

  get site(): string {
    return readFileSync(join(this.dataDirectory, 'site'), 'utf8').trim();
  }

  container(node: string): string {
    return `hathi-${this.site}-${node}`;
  }

  get network(): string {
    return `hathi-${this.site}-${CLUSTER}`;
  }

  /** @throws when Docker refuses */
  async docker(...args: string[]): Promise<string> {
    const result = await runCommand('docker', args, { timeoutSeconds: 60, env: { PATH } });
    if (result.exitCode === 0) return result.stdout.trim();
    throw new Error(`docker ${args.join(' ')}: ${result.stderr.trim()}`);
  }

  /** Runs a shell line on a node, as root; `input` is its standard input. */
  async shell(node: string, line: string, input = ''): Promise<string> {
    const result = await runCommand(
      'docker',
      ['exec', '-i', this.container(node), 'sh', '-euc', line],
      { timeoutSeconds: 60, env: { PATH }, input },
    );
    if (result.exitCode === 0) return result.stdout.trim();
    throw new Error(`${node}: ${line}: ${result.stderr.trim()}`);
  }

  /** One statement over the node's own socket, as `postgres`; columns are separated by `|`. */
  async sql(node: string, statement: string): Promise<string> {
    return await this.shell(
      node,
      'exec runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1',
      statement,
    );
  }

  /** Destroys the cluster, stops the server, removes the data directory. */
  async close(): Promise<void> {
    try {
      await this.post('/destroy-terraform', { confirm: CLUSTER });
    } finally {
      await this.stopServer();
      await this.#removeLeftovers();
      await rm(this.dataDirectory, { recursive: true, force: true });
    }
  }

  /** What the server wrote so far. */
  get log(): string {
    return this.#log;
  }

  async stopServer(): Promise<void> {
    const server = this.#server;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((done) => server.once('exit', done));
    server.kill('SIGTERM');
    const timer = setTimeout(() => server.kill('SIGKILL'), STOP_SECONDS * 1000);
    await ended;
    clearTimeout(timer);
  }

  /** Nodes that a failed test left: they carry this data directory's own label. */
  async #removeLeftovers(): Promise<void> {
    const label = `label=hathi.site=${this.site}`;
    const nodes = await this.docker('ps', '--all', '--quiet', '--filter', label);
    if (nodes) await this.docker('rm', '--force', '--volumes', ...nodes.split('\n'));
    const networks = await this.docker('network', 'ls', '--quiet', '--filter', label);
    if (networks) await this.docker('network', 'rm', ...networks.split('\n'));
  }
}
