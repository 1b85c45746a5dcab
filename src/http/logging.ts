import { type DestinationStream, type Logger, pino } from 'pino';

/** Members that could carry a secret, wherever a log line has them. */
const REDACTED = [
  'authorization',
  'headers.authorization',
  'req.headers.authorization',
  'headers.cookie',
  'req.headers.cookie',
  'password',
  '*.password',
  'token',
  '*.token',
];

/** The server's log: one JSON object a line on stdout. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = { level, redact: { paths: REDACTED, censor: '[redacted]' } };
  return destination ? pino(options, destination) : pino(options);
}
