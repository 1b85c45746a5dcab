import { z } from 'zod';
import { ERROR_CODES, type ErrorCode, HathiError } from '../../core/errors.ts';
import type { FieldError } from '../../core/field-errors.ts';
import type { StoredError } from '../../core/operation/event.ts';
import { type Remedy, remedySchema } from '../../core/remedy.ts';
import { type ApiError, PROBLEM_CODES, type ProblemCode } from './http-error.ts';
import { requestOf } from './remedy-request.ts';

/** Media type of every error response. @see RFC 9457 */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/**
 * The HTTP status of every code; a missing code does not compile. 4xx: the caller can correct it.
 * 502: a tool or node failed (Terraform, Ansible, PostgreSQL). 503 and 507: a resource of the
 * server is unavailable or full. 500: a defect, or an end that no request caused.
 */
export const STATUS_OF = {
  INVALID_REQUEST: 400,
  MALFORMED_JSON: 400,
  BODY_TOO_LARGE: 413,
  HEADERS_TOO_LARGE: 431,
  REQUEST_TIMEOUT: 408,
  UNSUPPORTED_MEDIA_TYPE: 415,
  INVALID_CURSOR: 400,
  PRECONDITION_FAILED: 412,
  IDEMPOTENCY_KEY_REUSED: 422,
  IDEMPOTENCY_KEY_IN_USE: 409,
  TOO_MANY_REQUESTS: 429,
  TOO_MANY_STREAMS: 429,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  INVALID_CLUSTER_NAME: 400,
  INVALID_LSN: 400,

  PARAMETER_UNKNOWN: 400,
  PARAMETER_INVALID: 400,
  PARAMETER_OWNED: 400,
  PARAMETER_READ_ONLY: 400,
  PARAMETER_TOO_SMALL: 400,
  PARAMETER_TOO_LARGE: 400,
  PARAMETER_UNSAFE: 400,
  PARAMETER_REJECTED: 422,

  FORBIDDEN_HOST: 403,
  FORBIDDEN_ORIGIN: 403,
  UNAUTHORIZED: 401,
  TOKEN_REQUIRED: 500,

  CLUSTER_NOT_FOUND: 404,
  CLUSTER_EXISTS: 409,
  CLUSTER_PROTECTED: 409,
  CLUSTER_BUSY: 409,
  OPERATION_NOT_FOUND: 404,
  REPORT_NOT_FOUND: 404,
  PLAN_NOT_FOUND: 404,
  WEBHOOK_NOT_FOUND: 404,
  ID_AMBIGUOUS: 400,
  TRANSITION_NOT_ALLOWED: 409,
  STEP_MISSING: 409,
  OPERATION_FAILED: 500,
  OPERATION_CANCELLED: 409,
  OPERATION_INTERRUPTED: 500,
  LEASE_LOST: 500,
  DEADLINE_EXCEEDED: 504,

  PLAN_STALE: 409,
  PLAN_ALTERED: 409,
  PLAN_REFUSED: 409,
  TERRAFORM_FAILED: 502,
  STATE_UNREADABLE: 500,

  ANSIBLE_FAILED: 502,
  PARAMETER_NOT_APPLIED: 502,
  REPLICATION_NOT_PROVEN: 502,
  FAILOVER_NOT_READY: 502,
  ETCD_NOT_READY: 502,
  SWITCHOVER_REFUSED: 409,
  NETWORK_TAKEN: 409,
  NETWORK_EXHAUSTED: 503,
  NODE_UNREACHABLE: 502,
  NODE_REFUSED: 502,
  NODE_SETUP_FAILED: 502,

  CLOUD_UNAVAILABLE: 503,
  CLOUD_REFUSED: 409,

  TOOL_MISSING: 503,
  TOOL_TOO_OLD: 503,
  TOOL_FAILED: 503,
  DISK_FULL: 507,
  WORKSPACE_FAILED: 500,
  PORT_IN_USE: 500,
  DATA_DIRECTORY_LOCKED: 503,
  DATABASE_UNAVAILABLE: 503,
  CONFIGURATION_INVALID: 500,
  SECRET_UNREADABLE: 500,
  INTERNAL: 500,
} as const satisfies Record<ProblemCode, number>;

/** A problem document. Members beyond these are facts of the occurrence, e.g. `operation`. */
export interface Problem {
  /** Relative to the server: `/errors/<code>` explains the code and its remedy. */
  type: string;
  title: string;
  status: number;
  /** The failure, its location, and the valid values. */
  detail: string;
  code: ProblemCode;
  /** Id of the request in the server's log. */
  request_id?: string;
  errors?: FieldError[];
  /** Number of all errors, if `errors` has only the first ones. */
  error_count?: number;
  [fact: string]: unknown;
}

/** The document of an error. It contains neither a stack trace nor a cause. */
export function problemOf(error: ApiError, requestId?: string): Problem {
  const { remedies, ...details } = error.details;
  return {
    ...details,
    ...withRequests(remedies),
    type: `/errors/${error.code}`,
    title: PROBLEM_CODES[error.code],
    status: STATUS_OF[error.code],
    detail: error.message,
    code: error.code,
    ...(requestId === undefined ? {} : { request_id: requestId }),
  };
}

/** The remedies, each with its request; empty if the error has none. */
function withRequests(remedies: unknown): { remedies?: (Remedy & { request: string })[] } {
  const known = z.array(remedySchema).safeParse(remedies ?? []).data ?? [];
  if (known.length === 0) return {};
  return { remedies: known.map((remedy) => ({ ...remedy, request: requestOf(remedy) })) };
}

/** Restores a stored error of an operation for the caller that waited for its result. */
export function revive(error: StoredError, facts: Record<string, unknown>): HathiError {
  const known = Object.hasOwn(ERROR_CODES, error.code);
  const code = known ? (error.code as ErrorCode) : 'OPERATION_FAILED';
  return new HathiError(code, error.message, { ...error.details, ...facts });
}
