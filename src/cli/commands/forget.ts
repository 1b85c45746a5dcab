import type { Cli, Ending } from '../cli.ts';
import { apiOf } from '../client/api.ts';
import { confirmName } from '../terminal/confirm.ts';

/** Stops managing a cluster, and lists what remains. */
export async function forget(
  cli: Cli,
  name: string,
  options: { confirm?: string | undefined },
): Ending {
  cli.print(`Hathi stops managing cluster ${name}. Its machines keep running.`);
  await confirmName(cli, name, options.confirm, 'Forgetting');
  const forgotten = await apiOf(cli).call((client) =>
    client.forgetCluster({ name, body: { confirm: name } }),
  );
  cli.printResult(forgotten, () => {
    const left = forgotten.left ?? [];
    return [
      `Cluster ${name} is forgotten.`,
      ...(left.length === 0 ? [] : ['These commands remove what remains:']),
      ...left.map(({ remove }) => `  ${remove}`),
      ...(forgotten.workspace ? [`Its files: ${forgotten.workspace}`] : []),
    ].join('\n');
  });
  return 'done';
}
