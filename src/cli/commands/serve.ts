import { readConfig } from '../../config.ts';
import { runServer, startServerInBackground } from '../../main.ts';
import type { Cli, Ending } from '../cli.ts';
import { CliError } from '../render/failure.ts';

export interface ServeOptions {
  detach?: true | undefined;
  port?: string | undefined;
  dataDirectory?: string | undefined;
}

/** Starts the server in the foreground, until a signal ends it, or in the background. */
export async function serve(cli: Cli, options: ServeOptions): Ending {
  const environment = { ...cli.world.environment, ...settingsOf(options) };
  if (!options.detach) {
    await runServer(readConfig(environment));
    // The server ends the process.
    return await new Promise(() => {});
  }
  const { url, pid, logPath } = await serveInBackground(cli, environment);
  cli.printResult({ url, pid, log: logPath }, () =>
    [`Hathi runs at ${url}`, `  log   ${logPath}`, `  stop  kill ${pid}`].join('\n'),
  );
  return 'done';
}

function settingsOf({ port, dataDirectory }: ServeOptions): Record<string, string> {
  return {
    ...(port === undefined ? {} : { HATHI_PORT: port }),
    ...(dataDirectory === undefined ? {} : { HATHI_DATA_DIR: dataDirectory }),
  };
}

/** @throws CliError (failed) with the last line of the log if the server does not start */
export async function serveInBackground(
  cli: Cli,
  environment = cli.world.environment,
): Promise<{ url: string; pid: number; logPath: string }> {
  const config = readConfig(environment);
  if (config.port === 0) {
    throw new CliError('usage', 'A server in the background needs a fixed port; the port is 0.');
  }
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`;
  if (await answers(url)) {
    throw new CliError('refused', `A server already runs at ${url}.`, {
      hints: ['Choose another port: hathi serve --detach --port 5001'],
    });
  }
  const { pid, logPath, ended } = startServerInBackground(config, environment);
  const over = new AbortController();
  void ended.then(() => over.abort());
  const answered = cli.waiting('Starting the server', untilItResponds(url, over.signal));
  if (await answered) return { url, pid, logPath };
  throw new CliError('failed', 'The server did not start.', {
    hints: [...(await lastOutput(logPath)), `Its log: ${logPath}`],
  });
}

const POLL_MILLISECONDS = 100;
const ANSWER_MILLISECONDS = 2_000;

/**
 * No timeout: the first start on a slow machine, or a recovery of the database, may take minutes.
 * @param over aborted when the server has ended
 * @returns false when the server has ended
 */
async function untilItResponds(url: string, over: AbortSignal): Promise<boolean> {
  while (!over.aborted) {
    if (await answers(url)) return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
  return false;
}

async function answers(url: string): Promise<boolean> {
  return await fetch(`${url}/health`, { signal: AbortSignal.timeout(ANSWER_MILLISECONDS) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function lastOutput(path: string): Promise<string[]> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-1).filter(Boolean);
}
