import { ROUTES } from './generated/routes.ts';
import { pause } from './pause.ts';
import { HathiProblem, HathiUnreachable, type Problem } from './problem.ts';
import type { CallOptions, OperationId } from './types.ts';

export interface ClientOptions {
  /** Where the server answers; `http://localhost:5000` where absent. */
  baseUrl?: string;
  /** Sent as a bearer token. */
  token?: string | undefined;
  /** The `fetch` to use. */
  fetch?: typeof globalThis.fetch;
}

export interface RawAnswer {
  status: number;
  headers: Headers;
  /** Parsed JSON, or text of another type; undefined where there is none. */
  data: unknown;
}

const DEFAULT_URL = 'http://localhost:5000';

type AnyArguments = CallOptions & { body?: unknown; [member: string]: unknown };

/** After a 429 the same request is sent again at most this often. */
const MAX_REPETITIONS = 3;
/** Longest `retry-after` that the client waits for. */
const MAX_RETRY_AFTER_SECONDS = 60;

/**
 * Sends a request and returns the response as it is. After a 429 it waits for the time in `Retry-After` and
 * sends the request again, which is safe for any method: the server did nothing.
 * @throws HathiUnreachable | the signal's reason
 */
export async function send(
  options: ClientOptions,
  id: OperationId,
  args: AnyArguments,
): Promise<Response> {
  for (let repetitions = 0; ; repetitions += 1) {
    const response = await sendOnce(options, id, args);
    const seconds = retryAfter(response);
    const isLast = repetitions === MAX_REPETITIONS;
    if (
      response.status !== 429 ||
      isLast ||
      seconds === null ||
      seconds > MAX_RETRY_AFTER_SECONDS
    ) {
      return response;
    }
    // The connection is free for the next request only after its body was read.
    await response.arrayBuffer();
    await pause(seconds * 1_000, args.signal);
  }
}

/** Seconds of `Retry-After`, or null. */
function retryAfter({ headers }: Response): number | null {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}

async function sendOnce(
  options: ClientOptions,
  id: OperationId,
  { headers, idempotencyKey, signal, body, ...members }: AnyArguments,
): Promise<Response> {
  const { method, path, query } = ROUTES[id];
  const base = options.baseUrl ?? DEFAULT_URL;
  const url = new URL(base.replace(/(?<!\/)\/+$/, '') + fill(path, members));
  for (const name of query) {
    const value = members[name];
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const all: Record<string, string> = { ...headers };
  if (body !== undefined) all['content-type'] = 'application/json';
  if (idempotencyKey !== undefined) all['idempotency-key'] = idempotencyKey;
  if (options.token !== undefined) all.authorization = `Bearer ${options.token}`;
  try {
    return await (options.fetch ?? fetch)(url, {
      method,
      headers: all,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw new HathiUnreachable(base, reasonOf(error), error);
  }
}

/** @throws HathiProblem for any answer that is not good | HathiUnreachable */
export async function ask(
  options: ClientOptions,
  id: OperationId,
  args: AnyArguments,
): Promise<RawAnswer> {
  const response = await send(options, id, args);
  if (!response.ok) throw await problemOf(options, response);
  const { status, headers } = response;
  const text = await response.text();
  const isJson = headers.get('content-type')?.includes('json') ?? false;
  return { status, headers, data: text === '' ? undefined : isJson ? JSON.parse(text) : text };
}

export async function problemOf(
  options: ClientOptions,
  response: Response,
): Promise<HathiProblem | HathiUnreachable> {
  const text = await response.text();
  try {
    const problem = JSON.parse(text) as Problem;
    if (typeof problem.code === 'string') {
      return new HathiProblem(problem, retryAfter(response));
    }
  } catch {
    // Some proxy's own page.
  }
  return new HathiUnreachable(options.baseUrl ?? DEFAULT_URL, `it answered ${response.status}`);
}

function fill(path: string, members: Record<string, unknown>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = members[name];
    if (value === undefined || value === '') throw new TypeError(`${name} is missing`);
    return encodeURIComponent(String(value));
  });
}

function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  if (cause?.code === 'ECONNREFUSED') return 'nothing listens there';
  return cause?.message || (error instanceof Error ? error.message : String(error));
}
