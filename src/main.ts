import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BackgroundProcess, startInBackground } from './adapters/process/background.ts';
import { startServer } from './composition/server.ts';
import { type Config, readConfig } from './config.ts';
import { asDiskFull } from './core/disk-full.ts';
import { sentenceOf } from './core/errors.ts';
import { confineProcess, type Environment, serverEnvironmentOf } from './environment.ts';

export { inspectMachine } from './composition/doctor.ts';

/** Time for pending responses after a signal. Children continue with the next server. */
const SHUTDOWN_SECONDS = 10;

/** Starts a server that outlives this process; its log is in the data directory. */
export function startServerInBackground(
  config: Config,
  environment: Environment,
): BackgroundProcess & { logPath: string } {
  const logPath = join(config.dataDirectory, 'server.log');
  const program = fileURLToPath(import.meta.url);
  return {
    logPath,
    ...startInBackground(program, { logPath, env: serverEnvironmentOf(environment) }),
  };
}

/** Starts the server, and ends this process with it at a signal. */
export async function runServer(config: Config): Promise<void> {
  confineProcess(config.toolEnvironment);
  const server = await startServer(config);
  console.error(`Hathi answers at ${server.urls.join(' and ')}`);
  const stop = () => {
    setTimeout(() => process.exit(1), SHUTDOWN_SECONDS * 1000).unref();
    server.close().then(
      () => process.exit(0),
      (error) => {
        console.error(sentenceOf(error));
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await runServer(readConfig());
  } catch (error) {
    // Prints the message without a stack trace, because a person reads it.
    console.error(sentenceOf(asDiskFull(error) ?? error));
    process.exit(1);
  }
}
