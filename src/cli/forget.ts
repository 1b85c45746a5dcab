import { apiOf } from './api.ts';
import type { Cli, Ending } from './cli.ts';
import { confirmName } from './confirm.ts';

/** Ends the record and names what goes on without it. */
export async function forget(
  cli: Cli,
  name: string,
  options: { confirm?: string | undefined },
): Ending {
  cli.say(`Hathi will know nothing of cluster ${name} any more; its machines go on as they are.`);
  await confirmName(cli, name, options.confirm, 'Forgetting');
  const forgotten = await apiOf(cli).call((client) =>
    client.forgetCluster({ name, body: { confirm: name } }),
  );
  cli.answer(forgotten, () => {
    const left = forgotten.left ?? [];
    return [
      `Cluster ${name} is forgotten.`,
      ...(left.length === 0 ? [] : ['What still runs, and how to remove it:']),
      ...left.map(({ remove }) => `  ${remove}`),
      ...(forgotten.workspace ? [`Its files: ${forgotten.workspace}`] : []),
    ].join('\n');
  });
  return 'done';
}
