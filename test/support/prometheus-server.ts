import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './postgres-server.ts';
import { waitFor } from './wait-for.ts';

export const PROMETHEUS = join(import.meta.dirname, '../../.tools/prometheus/usr/bin');

/** A real Prometheus that scrapes one address on loopback every second. */
export class PrometheusServer {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #url: string;

  private constructor(child: ChildProcess, folder: string, url: string) {
    this.#child = child;
    this.#folder = folder;
    this.#url = url;
  }

  /** @param target e.g. `localhost:5000` */
  static async start(target: string): Promise<PrometheusServer> {
    const folder = await mkdtemp(join(tmpdir(), 'hathi-prometheus-'));
    const config = join(folder, 'prometheus.yml');
    await writeFile(
      config,
      JSON.stringify({
        global: { scrape_interval: '1s' },
        scrape_configs: [{ job_name: 'hathi', static_configs: [{ targets: [target] }] }],
      }),
    );
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(
      join(PROMETHEUS, 'prometheus'),
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=${address}`,
      ],
      { stdio: 'ignore' },
    );
    const server = new PrometheusServer(child, folder, `http://${address}`);
    await waitFor('Prometheus', 30, async () => (await fetch(`${server.#url}/-/ready`)).ok);
    return server;
  }

  /** Number of series that a query returns. @throws if Prometheus rejects the query */
  async count(query: string): Promise<number> {
    const response = await fetch(`${this.#url}/api/v1/query?query=${encodeURIComponent(query)}`);
    const body = (await response.json()) as { error?: string; data?: { result: unknown[] } };
    if (body.error !== undefined) throw new Error(`${query}: ${body.error}`);
    return body.data?.result.length ?? 0;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}
