import type { components } from './generated/schema.ts';

export type Problem = components['schemas']['Problem'];

/** The server refused, or what it did failed: an RFC 9457 problem document, thrown. */
export class HathiProblem extends Error {
  override readonly name = 'HathiProblem';
  readonly status: number;
  /** One of the codes of the reference, e.g. `CLUSTER_BUSY`. */
  readonly code: Problem['code'];
  /** What was wrong with each field, where fields were wrong. */
  readonly errors: NonNullable<Problem['errors']>;
  /** Seconds after which it is worth asking again; null where time cures nothing. */
  readonly retryAfter: number | null;
  /** The whole document, with the facts of the occurrence. */
  readonly problem: Problem;

  constructor(problem: Problem, retryAfter: number | null = null) {
    super(problem.detail);
    this.status = problem.status;
    this.code = problem.code;
    this.errors = problem.errors ?? [];
    this.retryAfter = retryAfter;
    this.problem = problem;
  }
}

/** Nobody answered, or something that is not Hathi. */
export class HathiUnreachable extends Error {
  override readonly name = 'HathiUnreachable';
  readonly url: string;

  constructor(url: string, reason: string, cause?: unknown) {
    super(`${url} does not answer as Hathi does: ${reason}`, { cause });
    this.url = url;
  }
}
