/**
 * Environment variables that may affect Hathi's process and the programs that it starts. Other
 * variables have no effect: a locale that is not installed, or an option for PostgreSQL's clients,
 * must not change a result.
 */

/** As in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface PassedVariables {
  names: readonly string[];
  /** Also includes every name that begins with this prefix. */
  prefix?: string;
  purpose: string;
}

/** Every variable that the programs receive, as the configuration reference prints it. */
export const PASSED: readonly PassedVariables[] = [
  { names: ['PATH'], purpose: 'Folders in which programs are searched.' },
  { names: ['HOME', 'USER', 'LOGNAME'], purpose: 'Home folder and name of the user.' },
  { names: ['TMPDIR'], purpose: 'Folder for temporary files.' },
  {
    names: ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
    purpose: 'Proxy for downloads, e.g. of Terraform providers.',
  },
  { names: ['SSL_CERT_FILE', 'SSL_CERT_DIR'], purpose: 'Certificate authorities to trust.' },
  {
    names: [
      'DOCKER_HOST',
      'DOCKER_CONTEXT',
      'DOCKER_CONFIG',
      'DOCKER_TLS',
      'DOCKER_TLS_VERIFY',
      'DOCKER_CERT_PATH',
      'DOCKER_API_VERSION',
      'XDG_RUNTIME_DIR',
    ],
    purpose: 'Address of the Docker daemon, and how to connect to it.',
  },
  {
    names: [
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
      'AWS_PROFILE',
      'AWS_CONFIG_FILE',
      'AWS_SHARED_CREDENTIALS_FILE',
      'AWS_ROLE_ARN',
      'AWS_ROLE_SESSION_NAME',
      'AWS_WEB_IDENTITY_TOKEN_FILE',
      'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
      'AWS_CONTAINER_CREDENTIALS_FULL_URI',
      'AWS_CONTAINER_AUTHORIZATION_TOKEN',
      'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
      'AWS_EC2_METADATA_DISABLED',
      'AWS_EC2_METADATA_SERVICE_ENDPOINT',
      'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE',
    ],
    purpose: 'Credentials for AWS.',
  },
  {
    names: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    purpose: 'Region of new clusters, unless `HATHI_AWS` or the request contains one.',
  },
  {
    names: ['AWS_CA_BUNDLE', 'AWS_USE_FIPS_ENDPOINT', 'AWS_USE_DUALSTACK_ENDPOINT'],
    purpose: 'Connection to the endpoints of AWS.',
  },
  {
    names: ['AWS_MAX_ATTEMPTS', 'AWS_RETRY_MODE'],
    purpose: 'How often Terraform repeats a request that AWS throttles or cannot serve.',
  },
  {
    names: ['AWS_ENDPOINT_URL'],
    prefix: 'AWS_ENDPOINT_URL_',
    purpose: 'Other endpoints of AWS, e.g. in a private network.',
  },
];

/** Settings of the server in addition to those of `config.ts`. */
const SERVER_VARIABLES: readonly string[] = ['DATABASE_URL', 'XDG_DATA_HOME'];
const SERVER_PREFIX = 'HATHI_';

/**
 * UTF-8 with English messages. `C.UTF-8` needs no generated locale on Linux; older macOS has no
 * locale of that name.
 */
const LOCALE = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8';

/** The environment of the programs that Hathi starts. */
export function toolEnvironmentOf(environment: Environment): Record<string, string> {
  return { ...pick(environment, isPassed), LC_ALL: LOCALE };
}

/**
 * The environment of a server that is started in the background: its settings, and the variables
 * that it passes to programs.
 */
export function serverEnvironmentOf(environment: Environment): Record<string, string> {
  return pick(
    environment,
    (name) => isPassed(name) || SERVER_VARIABLES.includes(name) || name.startsWith(SERVER_PREFIX),
  );
}

/**
 * Removes all other variables from this process. Libraries read them at any time, e.g. `pg` reads
 * `PGOPTIONS`, and Node.js reads `NODE_TLS_REJECT_UNAUTHORIZED`. Call it after the configuration
 * was read.
 */
export function confineProcess(toolEnvironment: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) {
    if (!Object.hasOwn(toolEnvironment, name)) delete process.env[name];
  }
  Object.assign(process.env, toolEnvironment);
}

function isPassed(name: string): boolean {
  return PASSED.some(
    ({ names, prefix }) =>
      names.includes(name) || (prefix !== undefined && name.startsWith(prefix)),
  );
}

function pick(environment: Environment, wanted: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && wanted(entry[0]),
    ),
  );
}
