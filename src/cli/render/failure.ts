import type { Exit } from '../exit-codes.ts';
import { commandOf, type Remedy } from './remedy-command.ts';

/** The members of a problem document (RFC 9457) that are printed. */
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

/** A failure that is printed as one sentence, without a stack trace. */
export class CliError extends Error {
  readonly exit: Exit;
  /** Remedies, one line each. */
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

/** The error for a problem document of the server. */
export function problemError(problem: ProblemDocument): CliError {
  const fields = (problem.errors ?? []).map(
    ({ path, message, expected, suggestion }) =>
      `${path.replace(/^\//, '')}: ${message}${expected ? ` (${expected})` : ''}${suggestion ? `; did you mean ${suggestion}?` : ''}`,
  );
  const message =
    problem.detail ?? problem.title ?? `The server returned the status ${problem.status}.`;
  // A single field error that the sentence already contains is not repeated.
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

/** The error for a server that does not respond. */
export function unreachable(url: string, cause: unknown): CliError {
  const { code } = ((cause as Error)?.cause ?? {}) as { code?: string };
  const why = code === undefined || code === 'ECONNREFUSED' ? '' : ` (${code})`;
  return new CliError('unreachable', `No Hathi server responds at ${url}${why}.`, {
    hints: [
      'Start one: hathi serve --detach',
      'Or set its address: --url URL, HATHI_URL, or hathi context use',
    ],
  });
}
