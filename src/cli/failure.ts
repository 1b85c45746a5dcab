import type { Exit } from './exit-codes.ts';
import { commandOf, type Remedy } from './remedy-command.ts';

/** A problem document (RFC 9457) as far as a person is told of it. */
export interface ProblemDocument {
  title?: string;
  status?: number;
  detail?: string;
  code?: string;
  operation?: string;
  remedies?: Remedy[];
  cluster?: string;
  errors?: { path: string; message: string; expected?: string; suggestion?: string }[];
}

/** The end of a command that a person is told of in a sentence; never a stack trace. */
export class CliError extends Error {
  readonly exit: Exit;
  /** What would help, one line each. */
  readonly hints: readonly string[];
  readonly problem: ProblemDocument | null;

  constructor(
    exit: Exit,
    message: string,
    more: { hints?: readonly string[]; problem?: ProblemDocument } = {},
  ) {
    super(message);
    this.exit = exit;
    this.hints = more.hints ?? [];
    this.problem = more.problem ?? null;
  }
}

/** A problem of the server, in plain words. */
export function problemError(problem: ProblemDocument): CliError {
  const fields = (problem.errors ?? []).map(
    ({ path, message, expected, suggestion }) =>
      `${path.replace(/^\//, '')}: ${message}${expected ? ` (${expected})` : ''}${suggestion ? `; did you mean ${suggestion}?` : ''}`,
  );
  const message = problem.detail ?? problem.title ?? `The server answered ${problem.status}.`;
  // Where the sentence says what the only field error says, once is enough.
  const hints =
    fields.length === 1 && message.includes(problem.errors?.[0]?.message ?? '\0') ? [] : fields;
  return new CliError(exitOf(problem), message, { hints: [...hints, ...helpOf(problem)], problem });
}

function exitOf({ status = 500, code }: ProblemDocument): Exit {
  if (code === 'OPERATION_CANCELLED') return 'declined';
  if (status === 404) return 'notFound';
  if (status === 400 || status === 413 || status === 415) return 'usage';
  return status < 500 ? 'refused' : 'failed';
}

function helpOf({ code, remedies = [] }: ProblemDocument): string[] {
  if (remedies.length > 0) return remedies.map(commandOf);
  switch (code) {
    case 'UNAUTHORIZED':
      return ['Set HATHI_TOKEN, or HATHI_TOKEN_FILE, to the token of the server.'];
    case 'TOO_MANY_REQUESTS':
    case 'TOO_MANY_STREAMS':
      return ['Wait some seconds, then repeat the command.'];
    case 'OPERATION_NOT_FOUND':
    case 'PLAN_NOT_FOUND':
      return ['List the operations: hathi operation list'];
    default:
      return [];
  }
}

/** A server that did not answer at all. */
export function unreachable(url: string, cause: unknown): CliError {
  const { code } = ((cause as Error)?.cause ?? {}) as { code?: string };
  const why = code === undefined || code === 'ECONNREFUSED' ? '' : ` (${code})`;
  return new CliError('unreachable', `No Hathi server answers at ${url}${why}.`, {
    hints: ['Start one: hathi serve --detach', 'Or say where it is: --url URL, or HATHI_URL'],
  });
}
