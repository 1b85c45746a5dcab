import type { Cli, Ending } from '../cli.ts';
import { apiOf } from '../client/api.ts';
import { table } from '../render/table.ts';

export interface OrphansOptions {
  region?: string | undefined;
}

export async function listOrphans(cli: Cli, { region }: OrphansOptions): Ending {
  const found = await apiOf(cli).call((client) =>
    client.listOrphans(region === undefined ? {} : { region }),
  );
  const { style } = cli.manner;
  cli.printResult(
    found,
    () => {
      const { orphans, regions, failures } = found;
      const failed = failures.map(({ region, message }) =>
        style('red', `${region} could not be searched: ${message}`),
      );
      const rows = orphans.map((orphan) => [
        orphan.region,
        orphan.cluster ?? '-',
        orphan.kind,
        orphan.id,
        orphan.remove,
      ]);
      const result =
        rows.length > 0
          ? table(['region', 'cluster', 'kind', 'id', 'to remove it'], rows, cli.manner)
          : regions.length > 0
            ? `No orphans in ${regions.join(', ')}.`
            : 'There are no clusters on AWS, and the server has no default region (AWS_REGION).';
      return [result, ...failed].join('\n');
    },
    found.orphans.map(({ id }) => id),
  );
  return 'done';
}
