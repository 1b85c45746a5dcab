import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { runCommand } from '../../src/adapters/process/run-command.ts';
import type { Cluster } from '../../src/core/cluster/cluster.ts';
import type { Connection } from '../../src/core/cluster/connection.ts';
import type { Topology } from '../../src/core/cluster/topology.ts';
import type { ReplicationReport } from '../../src/core/postgres/replication-report.ts';
import { ServerProcess } from './server-process.ts';
import { waitFor } from './wait-for.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const CLUSTER = 'default';
export const CONNECTION_PATH = `/api/v1/clusters/${CLUSTER}/connection`;
const START_SECONDS = 60;

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
  readonly #server: ServerProcess;

  private constructor(server: ServerProcess) {
    this.#server = server;
  }

  /** Starts a server on a free port and waits until it has all it needs; it has no cluster yet. */
  static async start(): Promise<ClusterHarness> {
    const harness = new ClusterHarness(await ServerProcess.start({ PATH }));
    await waitFor(
      'readiness',
      START_SECONDS,
      async () => (await harness.get('/ready')).status === 200,
    );
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
    return await this.#server.get(path);
  }

  async post<Body = Record<string, unknown>>(path: string, body: object): Promise<Answer<Body>> {
    return await this.#server.post(path, body);
  }

  async patch<Body = Record<string, unknown>>(path: string, body: object): Promise<Answer<Body>> {
    return await this.#server.send('PATCH', path, body);
  }

  /** Takes a step and gives its outcome. @throws with the problem document */
  async step(name: string, body: object = {}): Promise<Record<string, unknown>> {
    return await this.#server.step(`/${name}`, body);
  }

  /** Runs `verify-replication`, with any result. */
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

  async cluster(): Promise<Cluster> {
    return (await this.get<Cluster>(`/api/v1/clusters/${CLUSTER}`)).body;
  }

  async connection(): Promise<Connection> {
    return (await this.get<Connection>(CONNECTION_PATH)).body;
  }

  async topology(): Promise<Topology> {
    const { topology } = await this.cluster();
    if (topology === null) throw new Error('The cluster has no topology yet.');
    return topology;
  }

  get serverPid(): number {
    return this.#server.pid;
  }

  /** Ends the server with SIGKILL. */
  async killServer(): Promise<void> {
    await this.#server.kill();
  }

  /** Starts the server again on its data directory. */
  async startServer(): Promise<void> {
    await this.#server.run();
  }

  get dataDirectory(): string {
    return this.#server.dataDirectory;
  }

  get url(): string {
    return this.#server.url;
  }

  get site(): string {
    return readFileSync(join(this.#server.dataDirectory, 'site'), 'utf8').trim();
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
      await this.#server.stop();
      await this.#removeLeftovers();
      await rm(this.#server.dataDirectory, { recursive: true, force: true });
    }
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
