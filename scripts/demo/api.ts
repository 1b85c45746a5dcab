import type { OperationEvent } from '../../clients/typescript/src/index.ts';
import type { OperationRecord } from '../../src/core/operation/operation.ts';

/** A problem document (RFC 9457) as an error, or an invalid response. */
export class ApiProblem extends Error {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly operation: string | null;
  readonly document: Record<string, unknown>;

  constructor(status: number, problem: Record<string, unknown>) {
    const title = String(problem.title ?? `The server answered ${status}.`);
    super(String(problem.detail ?? title));
    this.status = status;
    this.document = problem;
    this.title = title;
    this.code = String(problem.code ?? '');
    this.operation = typeof problem.operation === 'string' ? problem.operation : null;
  }
}

const ANSWER_TIMEOUT_MILLISECONDS = 30_000;
const RECONNECT_MILLISECONDS = 300;
const MAX_RECONNECTS = 20;

/** The API as any client uses it. */
export class Api {
  readonly base: string;
  readonly #token: string | undefined;

  constructor(base: string, token: string | undefined) {
    this.base = base;
    this.#token = token;
  }

  /** @throws ApiProblem | TypeError without a response */
  async get<T>(path: string): Promise<T> {
    return await this.#ask<T>(path, {});
  }

  /** @throws ApiProblem | TypeError without a response */
  async post<T>(path: string, body: object, headers: Record<string, string> = {}): Promise<T> {
    return await this.#ask<T>(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  /** Enqueues a step and returns at once with its operation. */
  async startStep(step: string, body: object): Promise<OperationRecord> {
    return await this.post<OperationRecord>(`/${step}`, body, { prefer: 'respond-async' });
  }

  /** Events of the operation until it ends; a cut stream is taken up where it broke. */
  async *events(operation: string): AsyncGenerator<OperationEvent> {
    let last = 0;
    for (let cuts = 0; cuts < MAX_RECONNECTS; cuts += 1) {
      try {
        const response = await fetch(`${this.base}/api/v1/operations/${operation}/events`, {
          headers: this.#headers({ 'last-event-id': String(last) }),
        });
        if (response.status === 204) return;
        if (!response.ok || !response.body) throw await problemOf(response);
        for await (const event of framesOf(response.body)) {
          last = event.sequence;
          yield event;
        }
        const { state } = await this.get<OperationRecord>(`/api/v1/operations/${operation}`);
        if (['succeeded', 'failed', 'cancelled', 'interrupted'].includes(state)) return;
      } catch (error) {
        if (error instanceof ApiProblem) throw error;
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MILLISECONDS));
      }
    }
    throw new Error(`The events of operation ${operation} broke off ${MAX_RECONNECTS} times.`);
  }

  async #ask<T>(path: string, init: RequestInit): Promise<T> {
    const response = await fetch(`${this.base}${path}`, {
      ...init,
      headers: this.#headers(init.headers as Record<string, string>),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MILLISECONDS),
    });
    if (!response.ok) throw await problemOf(response);
    return (await response.json()) as T;
  }

  #headers(more: Record<string, string> = {}): Record<string, string> {
    return this.#token ? { authorization: `Bearer ${this.#token}`, ...more } : more;
  }
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const text = await response.text();
  try {
    return new ApiProblem(response.status, JSON.parse(text));
  } catch {
    return new ApiProblem(response.status, { detail: text.slice(0, 200) });
  }
}

async function* framesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<OperationEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    const frames = (rest + decoder.decode(bytes, { stream: true })).split('\n\n');
    rest = frames.pop() ?? '';
    for (const frame of frames) {
      const data = frame.split('\n').find((line) => line.startsWith('data: '));
      if (data) yield JSON.parse(data.slice('data: '.length)) as OperationEvent;
    }
  }
}
