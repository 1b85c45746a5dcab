import { setTimeout as sleep } from 'node:timers/promises';
import type { Cli, Ending } from '../cli.ts';
import { type Api, apiOf, type Cluster, type ClusterEvent, type Node } from '../client/api.ts';
import { endingOf, followOperation } from '../client/follow.ts';
import { screenLines } from '../render/cluster-screen.ts';
import { createScreen } from '../terminal/screen.ts';
import { inOneLine, write } from '../terminal/terminal-text.ts';
import { clusterEventLine } from './logs.ts';

const REFRESH_MILLISECONDS = 1_000;
/** Events below the nodes. */
const SHOWN_EVENTS = 8;

/**
 * Follows the unfinished operation of a cluster to its end. Then, or without one, shows the cluster as
 * a live screen; without a terminal, one line for each event.
 */
export async function watchCluster(cli: Cli, name: string): Ending {
  const api = apiOf(cli);
  const { operation } = await api.call((client) => client.getCluster({ name }));
  if (operation !== null) {
    const exit = await watchOperation(cli, operation.id);
    // In a script, the end of the operation is the result.
    if (exit !== 'done' || !cli.manner.live || cli.json) return exit;
  }
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  try {
    if (cli.manner.live && !cli.json) await showScreen(cli, api, name, stop.signal);
    else await printEvents(cli, api, name, stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw api.cliErrorOf(error);
  } finally {
    process.off('SIGINT', interrupt);
  }
  return 'done';
}

async function printEvents(cli: Cli, api: Api, name: string, signal: AbortSignal): Promise<void> {
  const { status } = await api.call((client) => client.getCluster({ name }));
  cli.print(`Cluster ${name} is ${status}. New events follow; Ctrl-C ends.`);
  for await (const event of api.client.followCluster(name, { signal })) {
    write(cli.world.stdout, `${cli.json ? JSON.stringify(event) : clusterEventLine(event)}\n`);
  }
}

async function showScreen(cli: Cli, api: Api, name: string, signal: AbortSignal): Promise<void> {
  const events: ClusterEvent[] = [];
  const follow = async () => {
    for await (const event of api.client.followCluster(name, { after: 0, signal })) {
      events.push(event);
      events.splice(0, events.length - SHOWN_EVENTS);
    }
  };
  const screen = createScreen(cli.world.stdout);
  const newest = new Map<string, Node>();
  const previous = new Map<string, Node>();
  const draw = async () => {
    while (!signal.aborted) {
      const [cluster, { nodes }]: [Cluster, { nodes: Node[] }] = await Promise.all([
        api.client.getCluster({ name }),
        api.client.listNodes({ name }),
      ]);
      for (const node of nodes) {
        const known = newest.get(node.name);
        if (known?.observation?.observed_at === node.observation?.observed_at) continue;
        if (known !== undefined) previous.set(node.name, known);
        newest.set(node.name, node);
      }
      const lines = screenLines({ cluster, nodes, previous, events }, cli.manner, Date.now());
      screen.draw(lines.map(inOneLine));
      await sleep(REFRESH_MILLISECONDS, undefined, { signal });
    }
  };
  try {
    await Promise.race([follow(), draw()]);
  } finally {
    screen.end();
  }
}

export async function watchOperation(cli: Cli, id: string): Ending {
  const api = apiOf(cli);
  const followed = await followOperation(cli, api, id, { lines: true });
  const exit = await endingOf(cli, followed);
  if (exit === 'done')
    cli.print(`\n${followed.operation.kind} of ${followed.operation.cluster_name} succeeded.`);
  return exit;
}
