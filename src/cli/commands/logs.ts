import type { Cli, Ending } from '../cli.ts';
import { apiOf, type ClusterEvent } from '../client/api.ts';
import { inOneLine, write } from '../terminal/terminal-text.ts';

export interface LogsOptions {
  follow?: true | undefined;
}

/** Prints the stored events of an operation, one on each line; with `follow` also the later ones. */
export async function operationLogs(cli: Cli, id: string, { follow }: LogsOptions): Ending {
  const api = apiOf(cli);
  const { id: whole, last_sequence: last } = await api.operation(id);
  if (last === 0 && !follow) return 'done';
  try {
    for await (const event of api.client.followOperation(whole)) {
      write(cli.world.stdout, `${cli.json ? JSON.stringify(event) : lineOf(event)}\n`);
      if (!follow && event.sequence >= last) return 'done';
    }
  } catch (error) {
    throw api.cliErrorOf(error);
  }
  return 'done';
}

/** Prints the stored events of a cluster, one on each line; with `follow` also the new ones. */
export async function clusterEvents(cli: Cli, name: string, { follow }: LogsOptions): Ending {
  const api = apiOf(cli);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  try {
    const events = api.client.followCluster(name, {
      after: 0,
      signal: stop.signal,
      isEndless: follow === true,
    });
    for await (const event of events) {
      write(cli.world.stdout, `${cli.json ? JSON.stringify(event) : clusterEventLine(event)}\n`);
    }
  } catch (error) {
    if (!stop.signal.aborted) throw api.cliErrorOf(error);
  } finally {
    process.off('SIGINT', interrupt);
  }
  return 'done';
}

/** e.g. `2026-01-12T09:30:00.120Z reachable false: The server cannot reach orders-1.` */
export function clusterEventLine(event: ClusterEvent): string {
  if (event.type === 'roles.changed') {
    const { primary, previous_primary: previous } = event.data;
    return inOneLine(`${event.at} primary ${primary}, before: ${previous}`);
  }
  const { condition, status, message } = event.data;
  return inOneLine(`${event.at} ${condition} ${status}: ${message}`);
}

interface LoggedEvent {
  at: string;
  type: string;
  stage: string | null;
  data: Record<string, unknown>;
}

function lineOf({ at, type, stage, data }: LoggedEvent): string {
  const facts = Object.entries(data)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return inOneLine([at, type, stage ?? '-', ...facts].join(' '));
}
