import type { ConnectionStrings } from './connection.ts';

type ConnectionPair = ConnectionStrings['libpq'];

/**
 * Seconds that a driver waits for one node before it tries the next one. Without a limit, libpq
 * waits forever for a frozen node that precedes the primary.
 */
export const CONNECT_TIMEOUT_SECONDS = 3;

export interface Endpoint {
  host: string;
  port: number;
}

export interface Credentials {
  user: string;
  password: string;
  database: string;
  /** Path of the CA certificate on the client's machine. */
  caPath: string;
}

type Options = Record<string, string>;

/**
 * @param endpoints the primary of the last observation first
 * @see PostgreSQL docs, "Connection Strings"; pgJDBC docs, "Connection Fail-over"
 */
export function connectionStrings(
  endpoints: readonly Endpoint[],
  credentials: Credentials,
): ConnectionStrings {
  const hosts = endpoints.map(({ host, port }) => `${host}:${port}`);
  const readOnlyHosts = [...hosts.slice(1), ...hosts.slice(0, 1)];
  const pair = (write: (hosts: string[], readOnly: boolean) => string): ConnectionPair => ({
    read_write: write(hosts, false),
    read_only: write(readOnlyHosts, true),
  });
  return {
    libpq: pair((list, readOnly) => libpqUri(list.join(','), credentials, session(readOnly))),
    jdbc: pair((list, readOnly) => {
      const { user, password, database } = credentials;
      const query = queryOf({
        user,
        password,
        ...tlsOf(credentials),
        ...jdbcTimeouts(list.length),
        targetServerType: readOnly ? 'preferSecondary' : 'primary',
      });
      return `jdbc:postgresql://${list.join(',')}/${database}?${query}`;
    }),
    sqlalchemy: pair((list, readOnly) => {
      const { user, password, database } = credentials;
      const query = queryOf({
        ...tlsOf(credentials),
        connect_timeout: String(CONNECT_TIMEOUT_SECONDS),
        ...session(readOnly),
      });
      const named = list.map((host) => `host=${host}`).join('&');
      return `postgresql+psycopg://${user}:${encodeURIComponent(password)}@/${database}?${named}&${query}`;
    }),
  };
}

/**
 * A URI for libpq.
 * @param hosts `host:port`, several with commas
 */
export function libpqUri(hosts: string, credentials: Credentials, options: Options = {}): string {
  const { user, password, database } = credentials;
  const query = queryOf({
    ...tlsOf(credentials),
    connect_timeout: String(CONNECT_TIMEOUT_SECONDS),
    ...options,
  });
  return `postgresql://${user}:${encodeURIComponent(password)}@${hosts}/${database}?${query}`;
}

function session(readOnly: boolean): Options {
  return { target_session_attrs: readOnly ? 'prefer-standby' : 'read-write' };
}

/**
 * Recent pgJDBC (42.7.14) counts `connectTimeout` over all hosts together, while earlier versions
 * count it for each. A frozen node accepts the connection and sends nothing; `sslResponseTimeout`
 * limits that wait, in milliseconds. So `connectTimeout` is long enough for a frozen node and the
 * next one.
 */
function jdbcTimeouts(hosts: number): Options {
  return {
    connectTimeout: String(CONNECT_TIMEOUT_SECONDS * hosts),
    sslResponseTimeout: String(CONNECT_TIMEOUT_SECONDS * 1_000),
  };
}

function tlsOf({ caPath }: Credentials): Options {
  return { sslmode: 'verify-full', sslrootcert: caPath };
}

function queryOf(options: Options): string {
  return Object.entries(options)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}
