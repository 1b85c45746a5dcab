import type { Cli, Ending } from '../cli.ts';
import { CliError } from '../render/failure.ts';
import { stagesOf, takeEvent } from '../render/progress-model.ts';
import { createView } from '../render/progress-view.ts';
import { shortId } from '../render/table.ts';
import { choose } from '../terminal/terminal.ts';
import { write } from '../terminal/terminal-text.ts';
import type { Api, Operation } from './api.ts';

/** Why following ended: the operation ended, it waits for approval, or the user left it running. */
export type Followed = { how: 'ended' | 'waits' | 'left'; operation: Operation };

const ENDED = ['succeeded', 'failed', 'cancelled', 'interrupted'];

export interface FollowOptions {
  /** Stop when the operation waits for approval; otherwise continue. */
  stopAtApproval?: boolean;
  /** With `--json`, print each event as one line. */
  lines?: boolean;
}

/** Shows the progress of an operation until it ends. Ctrl-C offers to leave it running or to cancel it. */
export async function followOperation(
  cli: Cli,
  api: Api,
  id: string,
  options: FollowOptions = {},
): Promise<Followed> {
  const first = await api.operation(id);
  if (ENDED.includes(first.state)) return { how: 'ended', operation: first };
  if (options.stopAtApproval && first.state === 'awaiting-approval') {
    return { how: 'waits', operation: first };
  }
  let after = 0;
  for (;;) {
    const stop = new AbortController();
    const interrupt = () => stop.abort();
    process.on('SIGINT', interrupt);
    const stages = stagesOf(first.stages);
    const shown = stages.filter(({ state }) => state !== 'done');
    const view = cli.json ? null : createView(shown, cli.world.stdout, cli.manner);
    try {
      for await (const event of api.client.followOperation(id, { after: 0, signal: stop.signal })) {
        const isNew = event.sequence > after;
        after = Math.max(after, event.sequence);
        if (options.lines && cli.json && isNew) {
          write(cli.world.stdout, `${JSON.stringify(event)}\n`);
        }
        const stage = shown.find(({ position }) => position === event.position);
        if (stage && view) view.changed(stage, takeEvent(stage, event));
        if (event.type !== 'operation.awaiting-approval') continue;
        const operation = await api.operation(id);
        if (operation.state !== 'awaiting-approval') continue; // It was approved since.
        if (options.stopAtApproval) return { how: 'waits', operation };
        if (isNew)
          view?.note(`The operation waits for approval: hathi operation approve ${shortId(id)}`);
      }
      return { how: 'ended', operation: await api.operation(id) };
    } catch (error) {
      if (!stop.signal.aborted) throw api.cliErrorOf(error);
    } finally {
      process.off('SIGINT', interrupt);
      view?.end();
    }
    if (!(await goesOn(cli, api, id))) return { how: 'left', operation: await api.operation(id) };
  }
}

/** After Ctrl-C. @returns whether to continue to follow */
async function goesOn(cli: Cli, api: Api, id: string): Promise<boolean> {
  if (!cli.interactive) return false;
  cli.print('');
  const question =
    'The operation is still running. (l)eave it running, (c)ancel it, or (w)atch it?';
  const answer = await choose(cli.world, question, ['leave', 'cancel', 'watch'], 'leave').catch(
    () => 'leave' as const,
  );
  if (answer === 'cancel') {
    await api.call((client) => client.cancelOperation({ id, body: {} }));
    cli.print('Cancelling. The running program stops cleanly.');
    return true;
  }
  return answer === 'watch';
}

/** Prints how an operation that continues can be watched. */
export function detached(cli: Cli, operation: Operation): 'done' {
  const { id } = operation;
  cli.printResult(operation, () => `Operation ${id}\nWatch it: hathi operation watch ${id}`);
  return 'done';
}

/** Prints how it ended. @throws CliError for a failed operation */
export async function endingOf(cli: Cli, { how, operation }: Followed): Ending {
  if (how === 'left') {
    cli.print(`\nThe operation continues. Watch it: hathi operation watch ${operation.id}`);
    return 'declined';
  }
  if (operation.state === 'succeeded') return 'done';
  if (operation.state === 'cancelled') {
    cli.print(`\nCancelled. Start it again: hathi operation retry ${operation.id}`);
    return 'declined';
  }
  throw operationError(operation);
}

export function operationError({ id, kind, state, error }: Operation): CliError {
  const message = error ? error.message : `The operation is ${state}.`;
  const hints = [
    `Show its stages: hathi operation show ${id}`,
    ...(kind === 'verify-replication'
      ? []
      : [`Retry it after correcting the cause: hathi operation retry ${id}`]),
  ];
  return new CliError('failed', message, {
    hints,
    ...(error ? { problem: { code: error.code, detail: error.message, operation: id } } : {}),
  });
}
