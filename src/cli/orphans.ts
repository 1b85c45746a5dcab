import { apiOf } from './api.ts';
import type { Cli, Ending } from './cli.ts';
import { table } from './table.ts';

export interface OrphansOptions {
  region?: string | undefined;
}

export async function listOrphans(cli: Cli, { region }: OrphansOptions): Ending {
  const found = await apiOf(cli).call((client) =>
    client.listOrphans(region === undefined ? {} : { region }),
  );
  const { style } = cli.manner;
  cli.answer(found, () => {
    const { orphans, regions } = found;
    const where = regions.join(', ');
    if (orphans.length === 0) {
      return regions.length === 0
        ? 'There are no clusters on AWS, and the server has no region to look in (AWS_REGION).'
        : `Nothing in ${where} that is not known.`;
    }
    const rows = orphans.map((orphan) => [
      orphan.region,
      orphan.cluster ?? '-',
      orphan.kind,
      orphan.id,
      orphan.remove,
    ]);
    return table(['region', 'cluster', 'kind', 'id', 'to remove it'], rows, style);
  });
  return 'done';
}
