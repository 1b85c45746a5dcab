import { type DestinationStream, type Logger, pino } from 'pino';
import { CENSOR, createSecretFilter } from '../../core/known-secrets.ts';

/**
 * Members whose values are secret, at any depth, e.g. `headers.authorization`,
 * `superuser_password`.
 */
const SECRET_MEMBERS =
  /"([a-z_-]*(?:password|secret|token|authorization|cookie|master_key))":"(?:[^"\\]|\\.)*"/gi;
/**
 * The password of a connection URI: `postgresql://hathi:<here>@host/name`. A text that was cut ends
 * with CUT instead. The pattern starts at `://`. A pattern that starts at the scheme takes
 * quadratic time.
 */
const URI_PASSWORDS = /(:\/\/[^\s:/@"\\]*:)(?:[^\s/@"\\…]|\\.)*(?:@|(?=…))/g;
/** Secrets in the query of a URL, e.g. `?token=<here>`. */
const QUERY_SECRETS = /([?&](?:[a-z_-]*(?:password|secret|token)|key)=)(?:[^&\s#"\\]|\\.)*/gi;

/**
 * Characters that JSON does not escape but a terminal interprets: C1 controls and text directions.
 */
const TERMINAL_CONTROLS = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Maximum length of a text in a log line, in characters. Callers control the length of paths and
 * messages.
 */
const MAX_TEXT_LENGTH = 2_048;
/** Maximum number of entries of a list or object in a log line. */
const MAX_ENTRIES = 200;
const CUT = '…';

export interface LoggerOptions {
  /** Default: stdout. */
  destination?: DestinationStream;
  /** Secrets of this server. No log line may contain them. */
  secrets?: readonly string[];
}

/**
 * The log of the server: one JSON object per line on stdout. Secrets are removed from the whole
 * line. pino's own list of paths neither covers all depths nor the text of messages and stacks.
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

/** Maximum memory for lines that wait for space on a full disk. Later lines are lost. */
const MAX_WAITING_BYTES = 2 ** 20;
const STDOUT = 1;

/**
 * Opens a destination that survives a failed write, e.g. to `server.log` on a full disk or to a
 * closed pipe. The lines wait, and the next successful write includes them.
 * @param fd file descriptor; tests use a separate file
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

/** Returns the line with each of its texts and lists cut to a maximum size. */
function shortened(line: string): string {
  if (line.length <= MAX_TEXT_LENGTH) return line;
  try {
    return `${JSON.stringify(JSON.parse(line), (_name, value: unknown) => cut(value))}\n`;
  } catch {
    // Not JSON, which pino never writes. The size is limited nevertheless.
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
