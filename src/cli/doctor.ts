import { readConfig } from '../config.ts';
import { inspectMachine } from '../main.ts';
import type { Cli, Ending } from './cli.ts';
import { table } from './table.ts';

interface Finding {
  name: string;
  /** Whether the server cannot work without it. */
  required: boolean;
  ready: boolean;
  /** What was found; or what is wrong and how to put it right. */
  message: string;
}

/** Looks for everything that Hathi uses. @returns failed when something required is missing */
export async function doctor(cli: Cli): Ending {
  const config = readConfig(cli.world.environment);
  const [machine, server] = await cli.patiently(
    'Checking this machine',
    Promise.all([inspectMachine(config), findServer(cli)]),
  );
  // A server elsewhere has a data directory of its own.
  const shown = machine.filter(({ name }) => name !== 'data' || isLocal(cli.settings.url));
  const checks: Finding[] = [...shown, server];
  const ready = checks.every((check) => check.ready || !check.required);
  const { style } = cli.manner;
  cli.answer({ ready, checks }, () => {
    const rows = checks.map((check) => [markOf(cli, check), check.name, check.message]);
    const end = ready
      ? style('green', 'Everything that the server needs is installed.')
      : style(
          'red',
          'The server needs something that is missing; its line says how to install it.',
        );
    return [table(['', 'what', 'found'], rows, { style, columns: null }), '', end].join('\n');
  });
  return ready ? 'done' : 'failed';
}

function isLocal(url: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname);
}

function markOf({ manner: { style } }: Cli, { ready, required }: Finding): string {
  if (ready) return style('green', '✓');
  return required ? style('red', '✗') : style('yellow', '-');
}

async function findServer({ settings: { url } }: Cli): Promise<Finding> {
  const found = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
  const message = found
    ? `running at ${url}`
    : `no server at ${url}. Start one: hathi serve --detach`;
  return { name: 'server', required: false, ready: found, message };
}
