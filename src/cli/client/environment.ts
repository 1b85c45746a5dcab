/** The environment of this process; config.ts reads the server's part of it. */
export function processEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
