import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OperationEvent } from '../../src/core/operation/event.ts';
import type { OperationRecord } from '../../src/core/operation/operation.ts';
import { fetchDescribed } from './described.ts';
import { freePort } from './postgres-server.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const WITH_FAKE_STAGES = new URL('./api-process.ts', import.meta.url).pathname;
const START_SECONDS = 60;
const STOP_SECONDS = 20;

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the expectations of a test check its content
  body: any;
}

/** The real server as a process of its own on a data directory of its own; it can be killed. */
export class ServerProcess {
  readonly url: string;
  readonly dataDirectory: string;
  readonly #environment: Record<string, string>;
  readonly #program: string;
  #child: ChildProcess | null = null;
  #log = '';

  private constructor(
    port: number,
    dataDirectory: string,
    environment: Record<string, string>,
    program: string,
  ) {
    this.#program = program;
    this.url = `http://127.0.0.1:${port}`;
    this.dataDirectory = dataDirectory;
    this.#environment = {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      HATHI_PORT: String(port),
      HATHI_DATA_DIR: dataDirectory,
      ...environment,
    };
  }

  static async start(
    environment: Record<string, string> = {},
    program = MAIN,
  ): Promise<ServerProcess> {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'hathi-server-'));
    const server = new ServerProcess(await freePort(), dataDirectory, environment, program);
    await server.run();
    return server;
  }

  /** The same over stages that make nothing. @see api-process.ts */
  static async startWithFakeStages(
    environment: Record<string, string> = {},
  ): Promise<ServerProcess> {
    return await ServerProcess.start(environment, WITH_FAKE_STAGES);
  }

  /** Starts it, also after a kill, and waits for a response. */
  async run(): Promise<void> {
    const child = spawn(process.execPath, [this.#program], {
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const keep = (data: Buffer) => {
      this.#log = (this.#log + String(data)).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    for (let tries = 0; tries < START_SECONDS * 20; tries++) {
      if (child.exitCode !== null) throw new Error(`the server ended:\n${this.#log}`);
      const answered = await fetch(`${this.url}/health`).then(
        (response) => response.ok,
        () => false,
      );
      if (answered) return;
      await sleep(50);
    }
    throw new Error(`the server did not answer:\n${this.#log}`);
  }

  get pid(): number {
    return this.#child?.pid as number;
  }

  /** How it ended; null while it runs. */
  get exit(): { code: number | null; signal: string | null } | null {
    const { exitCode = null, signalCode = null } = this.#child ?? {};
    return exitCode === null && signalCode === null ? null : { code: exitCode, signal: signalCode };
  }

  get log(): string {
    return this.#log;
  }

  /** `kill -9`, and waits until the process is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  /** Asks it to end, and ends it when it does not. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_SECONDS * 1000);
    await gone;
    clearTimeout(timer);
  }

  async get(path: string): Promise<Answer> {
    const { status, text } = await fetchDescribed(`${this.url}${path}`);
    return { status, body: JSON.parse(text) };
  }

  async getText(path: string): Promise<{ status: number; text: string }> {
    return await fetchDescribed(`${this.url}${path}`);
  }

  async post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return await this.send('POST', path, body, headers);
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const { status, text } = await fetchDescribed(`${this.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: body === undefined ? '' : JSON.stringify(body),
    });
    return { status, body: text === '' ? null : JSON.parse(text) };
  }

  /** Posts a step. @throws with the problem of the server */
  async step(path: string, body?: unknown): Promise<Answer['body']> {
    const answer = await this.post(path, body);
    if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer.body, null, 2)}`);
    return answer.body;
  }

  /** Follows the events of an operation until the stream ends or `until` returns true. */
  async follow(
    operationId: string,
    until: (event: OperationEvent) => boolean = () => false,
  ): Promise<OperationEvent[]> {
    const response = await fetch(`${this.url}/api/v1/operations/${operationId}/events`, {
      signal: AbortSignal.timeout(180_000),
    });
    const events: OperationEvent[] = [];
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const data = text
          .slice(0, end)
          .split('\n')
          .filter((line) => line.startsWith('data:'))
          .map((line) => line.slice('data:'.length).trim())
          .join('\n');
        text = text.slice(end + 2);
        if (data === '') continue;
        const event = JSON.parse(data) as OperationEvent;
        events.push(event);
        if (until(event)) return events;
      }
    }
    return events;
  }

  async operation(id: string): Promise<OperationRecord> {
    return (await this.get(`/api/v1/operations/${id}`)).body as OperationRecord;
  }

  /** Destroys the clusters named, ends the server and removes its data. */
  async destroy(...clusters: string[]): Promise<void> {
    try {
      for (const cluster of clusters) {
        await this.post('/destroy-terraform', { cluster, confirm: cluster });
      }
    } finally {
      await this.kill();
      await rm(this.dataDirectory, { recursive: true, force: true });
    }
  }
}
