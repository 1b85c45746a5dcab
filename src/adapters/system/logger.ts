import { type DestinationStream, type Logger, pino } from 'pino';

const CENSOR = '[redacted]';

/** Members whose texts are secret, at any depth, e.g. `headers.authorization`, `superuser_password`. */
const SECRET_MEMBERS =
  /"([a-z_-]*(?:password|secret|token|authorization|cookie|master_key))":"(?:[^"\\]|\\.)*"/gi;
/** The password of a connection URI, wherever it stands: `postgresql://hathi:<here>@host/name`. */
const URI_PASSWORDS = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@"\\]*:)(?:[^\s/@"\\]|\\.)*@/gi;
/** What a caller wrongly put into an address, e.g. `?token=<here>`. */
const QUERY_SECRETS = /([?&](?:[a-z_-]*(?:password|secret|token)|key)=)(?:[^&\s#"\\]|\\.)*/gi;

/**
 * The server's log: one JSON object a line on stdout. Secrets are taken out of the whole line, since
 * pino's own list of paths reaches neither any depth nor into the text of messages and stacks.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = { level, hooks: { streamWrite: withoutSecrets } };
  return destination ? pino(options, destination) : pino(options);
}

function withoutSecrets(line: string): string {
  return line
    .replace(SECRET_MEMBERS, `"$1":"${CENSOR}"`)
    .replace(URI_PASSWORDS, `$1${CENSOR}@`)
    .replace(QUERY_SECRETS, `$1${CENSOR}`);
}
