import { readConfig } from '../../config.ts';
import { inspectMachine } from '../../main.ts';
import type { Cli, Ending } from '../cli.ts';
import { table } from '../render/table.ts';

interface Finding {
  name: string;
  /** `server`: reported by the server that runs. `machine`: found on this machine. */
  of: 'server' | 'machine';
  /** Whether the result depends on it. */
  required: boolean;
  ready: boolean;
  /** Path and version, or what is wrong and how to correct it. */
  message: string;
}

/**
 * Checks every program that Hathi uses. A server that runs reports its own programs: it may be on another
 * machine or in a container, and then needs nothing of this machine.
 * @returns failed when something required is missing
 */
export async function doctor(cli: Cli): Ending {
  const config = readConfig(cli.world.environment);
  const { url } = cli.settings;
  const [machine, reported] = await cli.waitingQuietly(
    'Checking this machine',
    Promise.all([inspectMachine(config), reportOf(url)]),
  );
  const found = machine
    // A server that runs may have another data directory.
    .filter(({ name }) => name !== 'data' || reported === null)
    .map((one) => ({ ...one, of: 'machine' as const, required: one.required && !reported }));
  const checks: Finding[] = [...found, ...(reported ?? [absent(url)])];
  const ready = checks.every((check) => check.ready || !check.required);
  const { style } = cli.manner;
  cli.printResult({ ready, checks }, () => {
    const end = ready
      ? style('green', 'Everything that the server needs is installed.')
      : style('red', 'The server needs something that is missing. Its line shows the next step.');
    return [
      style('bold', 'This machine'),
      checksTable(cli, checks, 'machine'),
      '',
      style('bold', `Server at ${url}`),
      checksTable(cli, checks, 'server'),
      '',
      end,
    ].join('\n');
  });
  return ready ? 'done' : 'failed';
}

function checksTable({ manner: { style } }: Cli, checks: readonly Finding[], of: string): string {
  const rows = checks
    .filter((check) => check.of === of)
    .map(({ name, ready, required, message }) => {
      const missing = required ? style('red', '✗') : style('yellow', '-');
      return [ready ? style('green', '✓') : missing, name, message];
    });
  return table(['', 'what', 'found'], rows, { style, columns: null });
}

function absent(url: string): Finding {
  const message = `No server at ${url}. Start one: hathi serve --detach`;
  return { name: 'server', of: 'server', required: false, ready: false, message };
}

const REPORT_MILLISECONDS = 10_000;

/** The checks of the server. @returns null when no Hathi server responds */
async function reportOf(url: string): Promise<Finding[] | null> {
  try {
    const response = await fetch(`${url}/ready`, {
      signal: AbortSignal.timeout(REPORT_MILLISECONDS),
    });
    const { checks } = (await response.json()) as {
      checks: { name: string; ready: boolean; message: string }[];
    };
    const server = { name: 'server', ready: true, message: 'running' };
    return [server, ...checks].map(({ name, ready, message }) => ({
      name,
      of: 'server',
      required: true,
      ready,
      message,
    }));
  } catch {
    return null;
  }
}
