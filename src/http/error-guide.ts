// Longer than other files: one entry for each error code.
import type { ErrorCode } from '../core/errors.ts';

export interface ErrorGuide {
  /** How one comes to meet it. */
  cause: string;
  /** What to do then. */
  remedy: string;
}

/** What `/errors/<code>` and the reference page say; a code left out does not compile. */
export const ERROR_GUIDE = {
  INVALID_REQUEST: {
    cause: 'A field is unknown, missing, of another type, or outside its range.',
    remedy: 'Read `errors`: each entry names the field, what was wrong, and what would be right.',
  },
  MALFORMED_JSON: {
    cause: 'A bracket or quote is missing, or the shell changed the body on its way.',
    remedy: 'Put the body in single quotes in the shell, or send it from a file: `-d @body.json`.',
  },
  BODY_TOO_LARGE: {
    cause: 'The body has more than 256 KiB; no request of this API needs as much.',
    remedy: 'Send only the fields that the reference names.',
  },
  HEADERS_TOO_LARGE: {
    cause: 'The headers have more than 16 KiB, often through cookies of other local servers.',
    remedy: 'Send the request without cookies.',
  },
  REQUEST_TIMEOUT: {
    cause:
      'The headers took more than 10 s, or the whole request more than `HATHI_REQUEST_SECONDS`.',
    remedy: 'Send it again; check the network in between if it happens often.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    cause: 'A body came without a content type, or with one that is not JSON.',
    remedy: 'Add the header `Content-Type: application/json`.',
  },
  INVALID_CURSOR: {
    cause: 'The cursor was changed on its way, cut, or belongs to another list.',
    remedy: 'Take `next_cursor` as it is, with the same filters; begin without a cursor.',
  },
  PRECONDITION_FAILED: {
    cause: 'Somebody changed the labels or the protection of the cluster in the meantime.',
    remedy: 'Get the cluster again, look at what it has become, and send its new `ETag`.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    cause: 'The same `Idempotency-Key` came with another method, path, query, body or `If-Match`.',
    remedy: 'Use a new key, e.g. a UUID, for each request that is not a repetition.',
  },
  IDEMPOTENCY_KEY_IN_USE: {
    cause: 'The first request with this key has not been answered yet.',
    remedy: 'Wait as long as `Retry-After` says, and send the same request again.',
  },
  TOO_MANY_REQUESTS: {
    cause:
      'A program sends requests in a loop without a pause, or many programs share one address.',
    remedy:
      'Wait as long as `Retry-After` says. Follow events instead of polling, or raise `HATHI_REQUESTS_PER_SECOND`.',
  },
  TOO_MANY_STREAMS: {
    cause: 'More clients follow events than the server accepts, in total or from one caller.',
    remedy:
      'Close streams that nobody reads, or wait as long as `Retry-After` says. `HATHI_STREAMS_PER_CALLER` sets the limit of one caller.',
  },
  NOT_FOUND: {
    cause: 'The path is misspelt, or belongs to another version.',
    remedy: 'Look at `/openapi.json` for every path of this server.',
  },
  METHOD_NOT_ALLOWED: {
    cause: 'The path was asked with a method that it does not have, e.g. GET on a step.',
    remedy: 'Use one of the methods in the `Allow` header of the answer.',
  },
  INVALID_CLUSTER_NAME: {
    cause: 'The name becomes a host name, a folder and a tag, so only few letters are allowed.',
    remedy: 'Use 1 to 40 small letters, digits and hyphens, beginning with a letter.',
  },
  INVALID_LSN: {
    cause: 'A text that should be a log sequence number was something else.',
    remedy: 'Use the form that PostgreSQL prints, e.g. `0/3000148`.',
  },

  PARAMETER_UNKNOWN: {
    cause: 'The name is misspelt, or the parameter belongs to another major version.',
    remedy:
      'Take the suggestion of the answer, or look into the PostgreSQL manual of that version.',
  },
  PARAMETER_INVALID: {
    cause: 'The value has the wrong type or unit, or lies outside the range of the parameter.',
    remedy:
      'The answer says type, unit and range; memory is written like `128MB`, time like `30s`.',
  },
  PARAMETER_OWNED: {
    cause: 'Replication and failover depend on the parameter, so Hathi or Patroni sets it.',
    remedy: 'Leave it out. Where a field of the cluster governs it, the answer names the field.',
  },
  PARAMETER_READ_ONLY: {
    cause: 'PostgreSQL reports the parameter but never takes a value for it.',
    remedy: 'Leave it out.',
  },
  PARAMETER_TOO_SMALL: {
    cause: 'With so small a value replicas could not connect, or Patroni would not start.',
    remedy: 'Use at least the value that the answer names.',
  },
  PARAMETER_TOO_LARGE: {
    cause: 'The node has less memory than PostgreSQL would ask for at its start.',
    remedy: 'Use at most the value that the answer names, or larger nodes.',
  },
  PARAMETER_UNSAFE: {
    cause:
      'PostgreSQL accepts the value, but replicas, sessions of Patroni or Hathi, or data would suffer. The detail has the reason.',
    remedy:
      'Leave it out. Set it where it is needed only: in a session, or with `ALTER ROLE` or `ALTER DATABASE`.',
  },
  PARAMETER_REJECTED: {
    cause:
      "A scratch PostgreSQL on the node was started with the new configuration before anything was changed, and it failed. The detail has PostgreSQL's own message.",
    remedy:
      'Give another value, or reset the parameter with `null` in `POST /create-ansible-script`, then run execute-ansible-script again.',
  },

  FORBIDDEN_HOST: {
    cause: 'The server was reached by a name it does not know, which is how DNS rebinding works.',
    remedy: 'Use `localhost`, or add the name to `HATHI_ALLOWED_HOSTS`.',
  },
  FORBIDDEN_ORIGIN: {
    cause: 'A browser sent the request on behalf of a web page from elsewhere.',
    remedy: 'Call the server from a program, or from a page that it serves itself.',
  },
  UNAUTHORIZED: {
    cause:
      'The server has a token, and the request has none or another one. Or the server has no token, and another user than its own sent the request.',
    remedy:
      'Send `Authorization: Bearer <token>` with the token of `HATHI_TOKEN`. Where the server has none, run the client as its user, or start the server with a token.',
  },
  TOKEN_REQUIRED: {
    cause:
      '`HATHI_HOST` is an address that other machines can reach. Or `HATHI_LOCAL_CALLERS` is `strict`, and the system does not show which user opened a connection.',
    remedy: 'Set `HATHI_TOKEN` (e.g. made by `openssl rand -hex 32`), or listen on localhost.',
  },

  CLUSTER_NOT_FOUND: {
    cause: 'The name is misspelt, or the cluster was destroyed.',
    remedy: 'Look at `GET /api/v1/clusters`; `POST /generate-terraform` makes a new one.',
  },
  CLUSTER_EXISTS: {
    cause: 'The name belongs to a cluster that is not destroyed.',
    remedy: 'Use another name; or change the cluster that is there by the step endpoints.',
  },
  CLUSTER_PROTECTED: {
    cause: 'Its `deletion_protection` is on.',
    remedy: 'PATCH the cluster with `{"deletion_protection": false}`, then ask again.',
  },
  CLUSTER_BUSY: {
    cause: 'A cluster takes one operation at a time, and one is still at work or waits.',
    remedy: 'Wait for the operation that the answer names, or cancel it.',
  },
  OPERATION_NOT_FOUND: {
    cause: 'The id is misspelt or belongs to another server.',
    remedy: 'Use the id that the request which began the operation was answered with.',
  },
  REPORT_NOT_FOUND: {
    cause: 'Replication of the cluster was never verified.',
    remedy: 'Call `POST /verify-replication`.',
  },
  PLAN_NOT_FOUND: {
    cause: 'The id is misspelt, or the plan belongs to another cluster.',
    remedy: 'Call `POST /plan-terraform` and use its `plan_id`.',
  },
  ID_AMBIGUOUS: {
    cause: 'The first characters of an id were given, and several records have them.',
    remedy: 'Give more characters; `candidates` has the ids.',
  },
  TRANSITION_NOT_ALLOWED: {
    cause: 'The operation has ended already, or does not wait for what was asked.',
    remedy: 'Look at its state with `GET /api/v1/operations/{id}`.',
  },
  STEP_MISSING: {
    cause: 'The step needs what an earlier one makes.',
    remedy: 'Call the step that the answer names in `missing` first.',
  },
  OPERATION_FAILED: {
    cause: 'A stage ended in a way that has no code of its own.',
    remedy: 'Read the events of the operation that the answer names.',
  },
  OPERATION_CANCELLED: {
    cause: 'Someone cancelled it while this request waited for its outcome.',
    remedy: 'Call the step again when it should be done after all.',
  },
  OPERATION_INTERRUPTED: {
    cause: 'The server died while Terraform changed machines; nothing is repeated blindly then.',
    remedy: 'Look at the new plan that was made of what was found, and apply it.',
  },
  LEASE_LOST: {
    cause: 'The worker was paused for longer than its lease, and another one took over.',
    remedy: 'Nothing; the operation goes on elsewhere. Look at its events.',
  },
  DEADLINE_EXCEEDED: {
    cause: 'A program or node gave no sign of life for too long.',
    remedy: 'Read the last events of the operation, then call the step again.',
  },

  PLAN_STALE: {
    cause: 'The cluster was changed after the plan was made.',
    remedy: 'Call `POST /plan-terraform`, look at the new plan, and apply that.',
  },
  PLAN_ALTERED: {
    cause: 'The bytes of the plan are not those whose digest was shown.',
    remedy: 'Call `POST /plan-terraform` again, and find out who changed the file.',
  },
  PLAN_REFUSED: {
    cause:
      'An apply acts on all machines at once. The plan removes the primary, too many members of etcd, or a machine or volume of a node that stays, or it stops nodes.',
    remedy:
      'Read `refusals`: each entry names the node, its observed role, the attribute and the next command. Nothing was changed.',
  },
  TERRAFORM_FAILED: {
    cause: 'Terraform could not do what the plan says; the detail has its own words.',
    remedy: 'Put right what it names, then plan and apply again; what was made is in the state.',
  },
  STATE_UNREADABLE: {
    cause: 'The state file was cut off or edited.',
    remedy: 'Remove it: the newest stored version is put back at the next run.',
  },

  ANSIBLE_FAILED: {
    cause: 'A task failed on a node, or a node could not be reached; the detail names both.',
    remedy: 'Put right what it names and call `POST /execute-ansible-script` again; it converges.',
  },
  PARAMETER_NOT_APPLIED: {
    cause:
      'Something beside Hathi set it on that node, e.g. `ALTER SYSTEM`; or Patroni or PostgreSQL dropped the value.',
    remedy:
      'Take back what set it (`ALTER SYSTEM RESET <name>`, then reload), and run execute-ansible-script again.',
  },
  REPLICATION_NOT_PROVEN: {
    cause: 'A row written on the primary was not seen on a replica, or a replica follows another.',
    remedy: 'The report names each node and reason: `GET /api/v1/clusters/{name}/report`.',
  },
  NETWORK_TAKEN: {
    cause: 'Many clusters were asked for at the same moment.',
    remedy: 'Ask again after as long as `Retry-After` says.',
  },
  NETWORK_EXHAUSTED: {
    cause: 'Every network or block of ports that Hathi uses for local clusters is taken.',
    remedy: 'Destroy a cluster that is no longer needed.',
  },
  NODE_UNREACHABLE: {
    cause: 'The machine is down, or something between drops its packets.',
    remedy: 'See that the node runs; plan and apply make a vanished one again.',
  },
  NODE_REFUSED: {
    cause:
      'The private key does not belong to the key pair that the machine was made with, or the address leads to another machine; `by` says whether it was the node or the bastion.',
    remedy:
      'Give the key that fits (`aws.private_key_file`, `aws.bastion.private_key_file`). A changed host key is never accepted: find out what answers at that address.',
  },
  NODE_SETUP_FAILED: {
    cause: 'cloud-init failed on the machine, e.g. since its data volume never came.',
    remedy: 'Read what it says on the node (`/var/log/cloud-init-output.log`), then run it again.',
  },

  CLOUD_UNAVAILABLE: {
    cause: 'There are no credentials, they have expired, or the API cannot be reached.',
    remedy: 'Do what the detail says, e.g. `aws sso login`, and start again; nothing was changed.',
  },
  CLOUD_REFUSED: {
    cause:
      'Looking before planning found something that an apply would fail on, e.g. a quota, a machine type that a zone does not offer, or a key pair that is not there.',
    remedy: 'Each finding in `findings` says what to do; then plan again.',
  },

  TOOL_MISSING: {
    cause: 'Terraform, Docker or Ansible is not installed, or Docker is not running.',
    remedy: 'Do what the detail says; `make setup` gets everything that can be got.',
  },
  TOOL_TOO_OLD: {
    cause: 'The program was found, but an old version of it.',
    remedy: 'Install at least the version that the detail names, or run `make setup`.',
  },
  TOOL_FAILED: {
    cause: 'The program was found, but it could not be started or ended with an error of its own.',
    remedy: 'The detail contains the error of the program. Fix its installation, then try again.',
  },
  DISK_FULL: {
    cause:
      'The file system of the data directory, or the disk of the database, is full. The embedded database accepts no write while less than 48 MiB is free; an apply needs 64 MiB.',
    remedy:
      'Free some space on the disk that `path` or the detail names, then send the request again. Nothing that was stored is lost. An operation that was running continues.',
  },
  WORKSPACE_FAILED: {
    cause: 'The data directory belongs to someone else, or is mounted read-only.',
    remedy: 'See that the user of the server may write there.',
  },
  PORT_IN_USE: {
    cause: 'Another server runs, or another program took the port.',
    remedy: 'Stop the other program, or set `HATHI_PORT` to another port.',
  },
  DATA_DIRECTORY_LOCKED: {
    cause: 'Two servers on one data directory would lose data, so the second one refuses.',
    remedy: 'Stop the server whose process id is named, or set another `HATHI_DATA_DIR`.',
  },
  DATABASE_UNAVAILABLE: {
    cause: 'The PostgreSQL of `DATABASE_URL` is down or unreachable.',
    remedy: 'Start it and try again; the server reconnects by itself.',
  },
  CONFIGURATION_INVALID: {
    cause: 'An environment variable of the server has a value that it cannot use.',
    remedy: 'The detail names the variable and what it takes; see the configuration reference.',
  },
  SECRET_UNREADABLE: {
    cause: 'The master key was replaced, or a stored record was changed.',
    remedy: 'Start the server with the master key that it was first started with.',
  },
  INTERNAL: {
    cause: 'A defect of Hathi.',
    remedy: 'Report it with the `request_id` and the lines of the log that carry it.',
  },
} as const satisfies Record<ErrorCode, ErrorGuide>;
