/**
 * Reasons of a rejection or failure, with the sentence on the reference page. Codes that only HTTP
 * has are in `http/errors/http-error.ts`.
 */
export const ERROR_CODES = {
  // The request
  INVALID_REQUEST: 'The request does not have the shape that the API describes.',
  INVALID_CURSOR: 'The cursor is not one that this server gave for this list.',
  PRECONDITION_FAILED: 'The resource is no longer the one that If-Match names.',
  IDEMPOTENCY_KEY_REUSED: 'The idempotency key was used for another request.',
  IDEMPOTENCY_KEY_IN_USE: 'A request with this idempotency key is being answered.',
  INVALID_CLUSTER_NAME: 'The name of the cluster cannot be used.',
  INVALID_LSN: 'A log sequence number was not of the form X/Y.',

  // PostgreSQL parameters
  PARAMETER_UNKNOWN: 'The PostgreSQL version of the cluster has no parameter of this name.',
  PARAMETER_INVALID: 'The value does not fit the type, unit or range of the parameter.',
  PARAMETER_OWNED: 'The parameter is set by Hathi or Patroni and cannot be given.',
  PARAMETER_READ_ONLY: 'PostgreSQL computes the parameter; it cannot be set.',
  PARAMETER_TOO_SMALL: 'The value is smaller than replication or Patroni needs.',
  PARAMETER_TOO_LARGE: 'The value is larger than the node can hold.',
  PARAMETER_UNSAFE: 'The value would break replicas, sessions or data of the cluster.',
  PARAMETER_REJECTED: 'PostgreSQL does not start, or accepts no connection, with the value.',

  // Access
  TOKEN_REQUIRED: 'The server does not start in this way without a token.',

  // Clusters and operations
  CLUSTER_NOT_FOUND: 'No cluster has this name.',
  CLUSTER_EXISTS: 'A cluster with this name exists.',
  CLUSTER_PROTECTED: 'The deletion protection of the cluster is on.',
  CLUSTER_BUSY: 'Another operation on the cluster is not finished yet.',
  OPERATION_NOT_FOUND: 'No operation has this id.',
  REPORT_NOT_FOUND: 'The cluster has no report yet.',
  PLAN_NOT_FOUND: 'No plan has this id.',
  WEBHOOK_NOT_FOUND: 'No webhook has this id.',
  ID_AMBIGUOUS: 'Several records have an id with these first characters.',
  TRANSITION_NOT_ALLOWED: 'The state of the operation does not allow this action.',
  STEP_MISSING: 'An earlier step is missing.',
  OPERATION_FAILED: 'The operation failed.',
  OPERATION_CANCELLED: 'The operation was cancelled.',
  OPERATION_INTERRUPTED:
    'The operation was interrupted. Its state was stored, and a new plan was created.',
  LEASE_LOST: 'This worker no longer holds the operation, so it wrote nothing.',
  DEADLINE_EXCEEDED: 'A stage made no progress for longer than its deadline.',

  // Terraform
  PLAN_STALE: 'The plan was created for an older revision of the cluster or its state.',
  PLAN_ALTERED: 'The saved plan file is not the one that was reviewed.',
  PLAN_REFUSED:
    'The plan would remove the primary, the majority of etcd or the data of a node, or stop a node.',
  TERRAFORM_FAILED: 'Terraform reported an error.',
  STATE_UNREADABLE: 'The Terraform state file is empty or cannot be parsed.',

  // Nodes, Ansible, PostgreSQL
  ANSIBLE_FAILED: 'Ansible reported a failed or unreachable node.',
  PARAMETER_NOT_APPLIED:
    'A node runs with a value of a parameter that differs from the written one.',
  REPLICATION_NOT_PROVEN: 'The replication of at least one replica could not be verified.',
  FAILOVER_NOT_READY: 'Every replica replicates, but a failover would not work now.',
  ETCD_NOT_READY: 'A member of etcd is not healthy, so the members cannot be changed.',
  SWITCHOVER_REFUSED: 'The primary did not change: no node can take over now, or Patroni refused.',
  NETWORK_TAKEN: 'Other clusters used each free network in the meantime.',
  NETWORK_EXHAUSTED: 'No free network or block of ports was found for the cluster.',
  NODE_UNREACHABLE: 'A node did not respond.',
  NODE_REFUSED: 'A node, or the bastion before it, refused the SSH key or showed another host key.',
  NODE_SETUP_FAILED: 'A node could not set itself up at its first boot.',

  // The cloud
  CLOUD_UNAVAILABLE: 'The API of the cloud did not respond, or rejected the credentials.',
  CLOUD_REFUSED: 'The account or region cannot provide the requested cluster.',

  // The machine that Hathi runs on
  TOOL_MISSING: 'A program that Hathi needs is not installed or not running.',
  TOOL_TOO_OLD: 'A program that Hathi needs is older than what Hathi works with.',
  TOOL_FAILED: 'A program that Hathi needs is installed but does not work.',
  DISK_FULL: 'The disk of the server is full.',
  WORKSPACE_FAILED: 'The files of the cluster could not be written or read.',
  PORT_IN_USE: 'Another program listens on the port.',
  DATA_DIRECTORY_LOCKED: 'Another Hathi server uses the data directory.',
  DATABASE_UNAVAILABLE: 'The database does not respond.',
  CONFIGURATION_INVALID: 'A setting of the server is missing or wrong.',
  SECRET_UNREADABLE: 'A sealed record was sealed with another master key, or was altered.',
  INTERNAL: 'Hathi has a defect here; the log of the server has the details.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Facts for the reader of an error: JSON values only, never a secret. */
export type ErrorDetails = Record<string, unknown>;

/** The only error that a module throws to its callers. Every other error is a defect. */
export class HathiError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  /**
   * @param message the fault, its location, and the valid values
   * @param details shown to the caller as members of the problem document
   */
  constructor(
    code: ErrorCode,
    message: string,
    details: ErrorDetails = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'HathiError';
    this.code = code;
    this.details = details;
  }
}

/** Whether `error` is a HathiError, of one of the codes if any are given. */
export function isHathiError(error: unknown, ...codes: ErrorCode[]): error is HathiError {
  return error instanceof HathiError && (codes.length === 0 || codes.includes(error.code));
}

/**
 * One line for a person or a log: `CODE: what failed`. Never a stack trace.
 * @param error any thrown value; an error of the operating system keeps its code
 */
export function sentenceOf(error: unknown): string {
  const message = (error instanceof Error ? error.message : String(error))
    .replace(/\s+/g, ' ')
    .trim();
  const code = (error as { code?: unknown } | null)?.code;
  const known = typeof code === 'string' ? code : 'INTERNAL';
  return message.startsWith(`${known}:`) ? message : `${known}: ${message}`;
}
