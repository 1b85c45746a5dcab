import { readConfig } from '../config.ts';
import { runServer, startServerInBackground } from '../main.ts';
import type { Cli, Ending } from './cli.ts';
import { CliError } from './failure.ts';

export interface ServeOptions {
  detach?: true | undefined;
  port?: string | undefined;
  dataDirectory?: string | undefined;
}

/** Starts the server, here until a signal ends it, or in the background. */
export async function serve(cli: Cli, options: ServeOptions): Ending {
  const environment = { ...cli.world.environment, ...settingsOf(options) };
  if (!options.detach) {
    await runServer(readConfig(environment));
    // The process lives on with the server, which ends it.
    return await new Promise(() => {});
  }
  const { url, pid, logPath } = await serveInBackground(cli, environment);
  cli.answer({ url, pid, log: logPath }, () =>
    [`Hathi answers at ${url}`, `  log   ${logPath}`, `  stop  kill ${pid}`].join('\n'),
  );
  return 'done';
}

function settingsOf({ port, dataDirectory }: ServeOptions): Record<string, string> {
  return {
    ...(port === undefined ? {} : { HATHI_PORT: port }),
    ...(dataDirectory === undefined ? {} : { HATHI_DATA_DIR: dataDirectory }),
  };
}

/** @throws CliError (failed) with the last words of a server that did not come up */
export async function serveInBackground(
  cli: Cli,
  environment = cli.world.environment,
): Promise<{ url: string; pid: number; logPath: string }> {
  const config = readConfig(environment);
  if (config.port === 0) {
    throw new CliError('usage', 'A server in the background needs a port that is known.');
  }
  cli.say('Starting the server …');
  const { pid, logPath, ended } = startServerInBackground(config, environment);
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`;
  const result = await Promise.race([ended.then(() => 'ended' as const), untilItAnswers(url)]);
  if (result === 'answers') return { url, pid, logPath };
  throw new CliError('failed', 'The server did not come up.', {
    hints: [...(await lastWords(logPath)), `Its log: ${logPath}`],
  });
}

const START_SECONDS = 60;
const POLL_MILLISECONDS = 100;

async function untilItAnswers(url: string): Promise<'answers' | 'silent'> {
  const deadline = Date.now() + START_SECONDS * 1000;
  while (Date.now() < deadline) {
    const healthy = await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (healthy) return 'answers';
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
  return 'silent';
}

async function lastWords(path: string): Promise<string[]> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-1).filter(Boolean);
}
