import type { Cli, Ending } from '../cli.ts';
import { apiOf } from '../client/api.ts';
import { CliError } from '../render/failure.ts';

export interface UpdateOptions {
  label?: Record<string, string> | undefined;
  removeLabel?: string[] | undefined;
  protect?: boolean | undefined;
}

/** Changes the current labels. A concurrent change is rejected by its ETag, so that none is lost. */
export async function update(cli: Cli, name: string, options: UpdateOptions): Ending {
  const { label, removeLabel, protect } = options;
  if (label === undefined && removeLabel === undefined && protect === undefined) {
    throw new CliError(
      'usage',
      'No change is given. Add --label, --remove-label, --protect or --no-protect.',
    );
  }
  const api = apiOf(cli);
  const found = await api.call((client) => client.raw('getCluster', { name }));
  const before = found.data as { labels: Record<string, string> };
  const labels = Object.fromEntries(
    Object.entries({ ...before.labels, ...label }).filter(([key]) => !removeLabel?.includes(key)),
  );
  const changed = await api.call((client) =>
    client.updateCluster({
      name,
      headers: { 'if-match': found.headers.get('etag') ?? '*' },
      body: {
        ...(label || removeLabel ? { labels } : {}),
        ...(protect === undefined ? {} : { deletion_protection: protect }),
      },
    }),
  );
  cli.printResult(changed, () => `Cluster ${name} is changed.`);
  return 'done';
}
