// Longer than other files: one entry for each error code.
import type { ProblemCode } from './http-error.ts';

export interface ErrorGuide {
  /** Why the error occurs. */
  cause: string;
  /** The next action. */
  remedy: string;
}

/** Text of `/errors/<code>` and of the reference page; a missing code does not compile. */
export const ERROR_GUIDE = {
  INVALID_REQUEST: {
    cause: 'A field is unknown, missing, of another type, or outside its range.',
    remedy: 'Read `errors`: each entry contains the field, the reason and the expected value.',
  },
  MALFORMED_JSON: {
    cause: 'A bracket or quote is missing, or the shell changed the body.',
    remedy: 'Put the body in single quotes in the shell, or send it from a file: `-d @body.json`.',
  },
  BODY_TOO_LARGE: {
    cause: 'The body is larger than 256 KiB. No request of this API needs more.',
    remedy: 'Send only the fields of the reference.',
  },
  HEADERS_TOO_LARGE: {
    cause: 'The headers are larger than 16 KiB, often because of cookies of other local servers.',
    remedy: 'Send the request without cookies.',
  },
  REQUEST_TIMEOUT: {
    cause:
      'The headers took more than 10 s, or the whole request more than `HATHI_REQUEST_SECONDS`.',
    remedy: 'Retry. If the error occurs often, check the network between client and server.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    cause: 'The request has a body without a content type, or with a type other than JSON.',
    remedy: 'Add the header `Content-Type: application/json`.',
  },
  INVALID_CURSOR: {
    cause: 'The cursor was changed or truncated, or belongs to another list.',
    remedy:
      'Send `next_cursor` unchanged, with the same filters. For the first page, send no cursor.',
  },
  PRECONDITION_FAILED: {
    cause:
      'The labels or the protection of the cluster were changed since the `ETag` was returned.',
    remedy: 'Get the cluster again, check its values, and send the new `ETag`.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    cause:
      'The same `Idempotency-Key` was sent with another method, path, query, body or `If-Match`.',
    remedy: 'Use a new key, e.g. a UUID, for each new request.',
  },
  IDEMPOTENCY_KEY_IN_USE: {
    cause: 'The first request with this key is still in progress.',
    remedy: 'Wait for the seconds in `Retry-After`, and send the same request again.',
  },
  TOO_MANY_REQUESTS: {
    cause:
      'A program sends requests in a loop without a pause, or many programs share one address.',
    remedy:
      'Wait for the seconds in `Retry-After`. Follow events instead of polling, or raise `HATHI_REQUESTS_PER_SECOND`.',
  },
  TOO_MANY_STREAMS: {
    cause: 'More clients follow events than the server accepts, in total or from one caller.',
    remedy:
      'Close unused streams, or wait for the seconds in `Retry-After`. `HATHI_STREAMS_PER_CALLER` sets the limit of one caller.',
  },
  NOT_FOUND: {
    cause: 'The path is misspelt, or belongs to another version.',
    remedy: 'Read `/openapi.json`: it lists every path of this server.',
  },
  METHOD_NOT_ALLOWED: {
    cause: 'The path does not support the method, e.g. GET on a step.',
    remedy: 'Use one of the methods in the `Allow` header of the response.',
  },
  INVALID_CLUSTER_NAME: {
    cause: 'The name is used as a host name, a directory and a tag, so few characters are allowed.',
    remedy: 'Use 1 to 40 lowercase letters, digits and hyphens. Begin with a letter.',
  },
  INVALID_LSN: {
    cause: 'The text is not a log sequence number.',
    remedy: 'Use the form that PostgreSQL prints, e.g. `0/3000148`.',
  },

  PARAMETER_UNKNOWN: {
    cause: 'The name is misspelt, or the parameter belongs to another major version.',
    remedy: 'Use the suggestion in the response, or read the PostgreSQL manual of that version.',
  },
  PARAMETER_INVALID: {
    cause: 'The value has the wrong type or unit, or lies outside the range of the parameter.',
    remedy:
      'The response contains type, unit and range. Write memory like `128MB` and time like `30s`.',
  },
  PARAMETER_OWNED: {
    cause: 'Replication and failover depend on the parameter, so Hathi or Patroni sets it.',
    remedy:
      'Remove the parameter. If a field of the cluster controls it, the response names the field.',
  },
  PARAMETER_READ_ONLY: {
    cause: 'PostgreSQL reports the parameter, and accepts no value for it.',
    remedy: 'Remove the parameter.',
  },
  PARAMETER_TOO_SMALL: {
    cause: 'With this value, replicas could not connect or Patroni would not start.',
    remedy: 'Use at least the value in the response.',
  },
  PARAMETER_TOO_LARGE: {
    cause: 'PostgreSQL would need more memory at its start than the node has.',
    remedy: 'Use at most the value in the response, or larger nodes.',
  },
  PARAMETER_UNSAFE: {
    cause:
      'PostgreSQL accepts the value, but it would break replicas, sessions of Patroni or Hathi, or data. The detail contains the reason.',
    remedy:
      'Remove the parameter. Set it only where you need it: in a session, or with `ALTER ROLE` or `ALTER DATABASE`.',
  },
  PARAMETER_REJECTED: {
    cause:
      'A scratch PostgreSQL on the node was started with the new configuration before anything was changed, and it failed. The detail contains the message of PostgreSQL.',
    remedy:
      'Send another value, or reset the parameter with `null` in `POST /create-ansible-script`, then run execute-ansible-script again.',
  },

  FORBIDDEN_HOST: {
    cause: 'The request uses a host name that is not configured. DNS rebinding works in this way.',
    remedy: 'Use `localhost`, or add the name to `HATHI_ALLOWED_HOSTS`.',
  },
  FORBIDDEN_ORIGIN: {
    cause: 'A browser sent the request for a web page of another origin.',
    remedy: 'Send the request from a program, or from a page of this server.',
  },
  UNAUTHORIZED: {
    cause:
      'The server has a token, and the request has no token or another one. Or the server has no token, and a user other than the user of the server sent the request.',
    remedy:
      'Send `Authorization: Bearer <token>` with the token of `HATHI_TOKEN`. If the server has no token, run the client as the user of the server, or start the server with a token.',
  },
  TOKEN_REQUIRED: {
    cause:
      '`HATHI_HOST` is an address that other machines can reach. Or `HATHI_LOCAL_CALLERS` is `strict`, and the system does not show which user opened a connection.',
    remedy: 'Set `HATHI_TOKEN` (e.g. from `openssl rand -hex 32`), or listen on localhost.',
  },

  CLUSTER_NOT_FOUND: {
    cause: 'The name is misspelt, or the cluster was destroyed.',
    remedy:
      'List the clusters with `GET /api/v1/clusters`. Create one with `POST /generate-terraform`.',
  },
  CLUSTER_EXISTS: {
    cause: 'The name belongs to a cluster that is not destroyed.',
    remedy: 'Use another name, or change the existing cluster with the step endpoints.',
  },
  CLUSTER_PROTECTED: {
    cause: '`deletion_protection` of the cluster is on.',
    remedy: 'PATCH the cluster with `{"deletion_protection": false}`, then retry.',
  },
  CLUSTER_BUSY: {
    cause: 'A cluster has one change at a time, and another one runs or waits.',
    remedy: 'Wait for the operation in the response, or cancel it.',
  },
  OPERATION_NOT_FOUND: {
    cause: 'The id is misspelt or belongs to another server.',
    remedy: 'Use the id in the response to the request that created the operation.',
  },
  REPORT_NOT_FOUND: {
    cause: 'Replication of the cluster was never verified.',
    remedy: 'Call `POST /verify-replication`.',
  },
  PLAN_NOT_FOUND: {
    cause: 'The id is misspelt, or the plan belongs to another cluster.',
    remedy: 'Call `POST /plan-terraform` and use its `plan_id`.',
  },
  WEBHOOK_NOT_FOUND: {
    cause: 'The id is wrong, or the webhook was deleted.',
    remedy: 'List the webhooks: `GET /api/v1/webhooks`.',
  },
  ID_AMBIGUOUS: {
    cause: 'Several records have an id with these first characters.',
    remedy: 'Send more characters. `candidates` contains the ids.',
  },
  TRANSITION_NOT_ALLOWED: {
    cause: 'The operation has ended, or is in a state without this action.',
    remedy: 'Get its state with `GET /api/v1/operations/{id}`.',
  },
  STEP_MISSING: {
    cause: 'The step needs the result of an earlier step.',
    remedy: 'First call the step in `missing`.',
  },
  OPERATION_FAILED: {
    cause: 'A stage failed with an error that has no specific code.',
    remedy: 'Read the events of the operation in the response.',
  },
  OPERATION_CANCELLED: {
    cause: 'The operation was cancelled while this request waited for its result.',
    remedy: 'If the step is still needed, call it again.',
  },
  OPERATION_INTERRUPTED: {
    cause:
      'The server ended while Terraform changed machines. Hathi never repeats an apply automatically.',
    remedy: 'Review the new plan, which is based on the existing resources, and apply it.',
  },
  LEASE_LOST: {
    cause:
      'The worker was paused for longer than its lease, and another worker took over the operation.',
    remedy: 'None: the operation continues on another worker. Read its events.',
  },
  DEADLINE_EXCEEDED: {
    cause: 'A program or a node did not respond for too long.',
    remedy: 'Read the last events of the operation, then call the step again.',
  },

  PLAN_STALE: {
    cause: 'The cluster was changed after the plan was created.',
    remedy: 'Call `POST /plan-terraform`, review the new plan, and apply it.',
  },
  PLAN_ALTERED: {
    cause: 'The digest of the plan file differs from the digest of the reviewed plan.',
    remedy: 'Call `POST /plan-terraform` again, and find out who changed the file.',
  },
  PLAN_REFUSED: {
    cause:
      'An apply acts on all machines at once. The plan removes the primary, too many members of etcd, or a machine or volume of a node that stays, or it stops nodes.',
    remedy:
      'Read `refusals`: each entry names the node, its observed role, the attribute and the next command. Nothing was changed.',
  },
  TERRAFORM_FAILED: {
    cause: 'Terraform could not apply or create the plan. The detail contains its error.',
    remedy:
      'Fix the reported problem, then plan and apply again. Created resources are in the state.',
  },
  STATE_UNREADABLE: {
    cause: 'The state file was truncated or edited.',
    remedy: 'Remove the file. The next run restores the newest stored version.',
  },

  ANSIBLE_FAILED: {
    cause:
      'A task failed on a node, or a node could not be reached. The detail names the node and the reason.',
    remedy: 'Fix the reported problem and call `POST /execute-ansible-script` again. It converges.',
  },
  PARAMETER_NOT_APPLIED: {
    cause:
      'Another program set the parameter on the node, e.g. `ALTER SYSTEM`, or Patroni or PostgreSQL dropped the value.',
    remedy:
      'Reset the other setting (`ALTER SYSTEM RESET <name>`, then reload), and run execute-ansible-script again.',
  },
  REPLICATION_NOT_PROVEN: {
    cause:
      'A replica did not return the row that was written on the primary, or it follows another primary.',
    remedy: 'The report names each node and reason: `GET /api/v1/clusters/{name}/report`.',
  },
  FAILOVER_NOT_READY: {
    cause:
      'etcd has no spare member, Patroni is paused or does not run, the guard does not run, or no replica is within the allowed lag.',
    remedy: 'The condition `failover-ready` names the next command: `GET /api/v1/clusters/{name}`.',
  },
  ETCD_NOT_READY: {
    cause:
      'A member of etcd does not respond. Without it, the removal of another one can cost the majority.',
    remedy:
      'Repair the member that the message names, then retry the operation. The condition `failover-ready` names the next command.',
  },
  SWITCHOVER_REFUSED: {
    cause:
      'No primary is observed, the replica does not stream or is too far behind, Patroni is paused, or the roles have changed since the request.',
    remedy:
      'The message has the reason of Patroni. The conditions name the next command: `GET /api/v1/clusters/{name}`.',
  },
  NETWORK_TAKEN: {
    cause: 'Many clusters were requested at the same time.',
    remedy: 'Retry after the seconds in `Retry-After`.',
  },
  NETWORK_EXHAUSTED: {
    cause: 'Every network and block of ports for local clusters is in use.',
    remedy: 'Destroy a cluster that is no longer needed.',
  },
  NODE_UNREACHABLE: {
    cause: 'The machine does not run, or the network drops its packets.',
    remedy: 'Check that the node runs. A plan and an apply create a missing node again.',
  },
  NODE_REFUSED: {
    cause:
      'The private key does not match the key pair of the machine, or the address belongs to another machine. `by` is `node` or `bastion`.',
    remedy:
      'Configure the matching key (`aws.private_key_file`, `aws.bastion.private_key_file`). Hathi never accepts a changed host key: check which machine has the address.',
  },
  NODE_SETUP_FAILED: {
    cause: 'cloud-init failed on the machine, e.g. because its data volume is missing.',
    remedy: 'Read its log on the node (`/var/log/cloud-init-output.log`), then retry.',
  },

  CLOUD_UNAVAILABLE: {
    cause: 'There are no credentials, they have expired, or the API cannot be reached.',
    remedy: 'Follow the detail, e.g. run `aws sso login`, and retry. Nothing was changed.',
  },
  CLOUD_REFUSED: {
    cause:
      'The checks before the plan found a problem with which an apply would fail, e.g. a quota, a machine type that a zone does not offer, or a missing key pair.',
    remedy: 'Follow the action of each finding in `findings`, then plan again.',
  },

  TOOL_MISSING: {
    cause: 'Terraform, Docker or Ansible is not installed, or Docker is not running.',
    remedy: 'Follow the detail, or run `make setup`.',
  },
  TOOL_TOO_OLD: {
    cause: 'An old version of the program is installed.',
    remedy: 'Install at least the version in the detail, or run `make setup`.',
  },
  TOOL_FAILED: {
    cause: 'The program is installed, but it could not be started or ended with an error.',
    remedy: 'The detail contains the error of the program. Fix its installation, then retry.',
  },
  DISK_FULL: {
    cause:
      'The file system of the data directory, or the disk of the database, is full. The embedded database accepts no write while less than 48 MiB is free; an apply needs 64 MiB.',
    remedy:
      'Free some space on the disk in `path` or in the detail, then retry. Stored data is intact. An operation that was running continues.',
  },
  WORKSPACE_FAILED: {
    cause: 'The data directory belongs to another user, or is mounted read-only.',
    remedy: 'Give the user of the server write access to the data directory.',
  },
  PORT_IN_USE: {
    cause: 'Another server or program uses the port.',
    remedy: 'Stop the other program, or set `HATHI_PORT` to another port.',
  },
  DATA_DIRECTORY_LOCKED: {
    cause: 'Two servers on one data directory would lose data, so the second one does not start.',
    remedy: 'Stop the server with the process id in the detail, or set another `HATHI_DATA_DIR`.',
  },
  DATABASE_UNAVAILABLE: {
    cause: 'The PostgreSQL of `DATABASE_URL` is down or unreachable.',
    remedy: 'Start PostgreSQL and retry. The server reconnects automatically.',
  },
  CONFIGURATION_INVALID: {
    cause: 'An environment variable of the server has an invalid value.',
    remedy:
      'The detail contains the variable and its valid values. See the configuration reference.',
  },
  SECRET_UNREADABLE: {
    cause: 'The master key was replaced, or a stored record was altered.',
    remedy: 'Start the server with its original master key.',
  },
  INTERNAL: {
    cause: 'A defect of Hathi.',
    remedy: 'Report it with the `request_id` and the log lines that contain it.',
  },
} as const satisfies Record<ProblemCode, ErrorGuide>;
