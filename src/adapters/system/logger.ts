import { type DestinationStream, type Logger, pino } from 'pino';
import { CENSOR, createSecretFilter } from '../../core/known-secrets.ts';

/** Members whose texts are secret, at any depth, e.g. `headers.authorization`, `superuser_password`. */
const SECRET_MEMBERS =
  /"([a-z_-]*(?:password|secret|token|authorization|cookie|master_key))":"(?:[^"\\]|\\.)*"/gi;
/**
 * The password of a connection URI: `postgresql://hathi:<here>@host/name`. A text that was cut ends with
 * CUT instead. The pattern starts at `://`: one that starts at the scheme takes quadratic time.
 */
const URI_PASSWORDS = /(:\/\/[^\s:/@"\\]*:)(?:[^\s/@"\\…]|\\.)*(?:@|(?=…))/g;
/** Secrets in the query of a URL, e.g. `?token=<here>`. */
const QUERY_SECRETS = /([?&](?:[a-z_-]*(?:password|secret|token)|key)=)(?:[^&\s#"\\]|\\.)*/gi;

/** Characters that JSON leaves as they are, but a terminal obeys: C1 controls and text directions. */
const TERMINAL_CONTROLS = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Longest text of a log line, in characters. A caller decides how long a path or a message is. */
const MAX_TEXT_LENGTH = 2_048;
/** Most entries of a list or object in a log line. */
const MAX_ENTRIES = 200;
const CUT = '…';

export interface LoggerOptions {
  /** Default: stdout. */
  destination?: DestinationStream;
  /** Secrets of this server, which no line may contain. */
  secrets?: readonly string[];
}

/**
 * The server's log: one JSON object a line on stdout. Secrets are removed from the whole line, since
 * pino's own list of paths reaches neither any depth nor into the text of messages and stacks.
 */
export function createLogger(
  level: string,
  { destination, secrets = [] }: LoggerOptions = {},
): Logger {
  const withoutKnownSecrets = createSecretFilter(secrets);
  const clean = (line: string): string =>
    withoutSecrets(shortened(withoutKnownSecrets(line))).replace(TERMINAL_CONTROLS, escaped);
  return pino({ level, hooks: { streamWrite: clean } }, destination ?? openLog());
}

/** Lines that wait for space on a full disk take no more memory than this; later ones are lost. */
const MAX_WAITING_BYTES = 2 ** 20;
const STDOUT = 1;

/**
 * A destination that survives a failed write, e.g. to `server.log` on a full disk or to a closed pipe.
 * The lines wait, and the next line that can be written takes them along.
 * @param fd file descriptor; tests use a file of their own
 */
export function openLog(fd: number = STDOUT): DestinationStream {
  const log = pino.destination({ dest: fd, sync: true, maxLength: MAX_WAITING_BYTES });
  // Without a listener the event ends the process. There is no other place to report it.
  log.on('error', () => {});
  return log;
}

function withoutSecrets(line: string): string {
  return line
    .replace(SECRET_MEMBERS, `"$1":"${CENSOR}"`)
    .replace(URI_PASSWORDS, `$1${CENSOR}@`)
    .replace(QUERY_SECRETS, `$1${CENSOR}`);
}

/** The line with each of its texts and lists cut to a bounded size. */
function shortened(line: string): string {
  if (line.length <= MAX_TEXT_LENGTH) return line;
  try {
    return `${JSON.stringify(JSON.parse(line), (_name, value: unknown) => cut(value))}\n`;
  } catch {
    // Not JSON, which pino never writes: bounded all the same.
    return `${JSON.stringify({ msg: cut(line) })}\n`;
  }
}

function cut(value: unknown): unknown {
  if (typeof value === 'string') {
    if (value.length <= MAX_TEXT_LENGTH) return value;
    return `${value.slice(0, MAX_TEXT_LENGTH)}${CUT} (${value.length} characters)`;
  }
  if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  return entries.length <= MAX_ENTRIES ? value : Object.fromEntries(entries.slice(0, MAX_ENTRIES));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
