import { randomUUID } from 'node:crypto';
import type { CLUSTER_VALUES } from '@hathi/client';
import type { Cli, Ending } from '../cli.ts';
import { type Api, apiOf } from '../client/api.ts';
import { carryOut } from '../client/carry-out.ts';
import { needsReview } from '../client/review.ts';
import { CliError } from '../render/failure.ts';
import { reportText } from '../render/report-text.ts';
import { choose } from '../terminal/terminal.ts';

type Values = typeof CLUSTER_VALUES;
type Value<Name extends Exclude<keyof Values, 'max_replica_count'>> = Values[Name][number];

export interface CreateOptions {
  replicas?: number | undefined;
  target?: Value<'target'> | undefined;
  instanceType?: string | undefined;
  postgres?: Value<'postgres_version'> | undefined;
  failover?: Value<'failover_profile'> | undefined;
  region?: string | undefined;
  connection?: Value<'connection'> | undefined;
  control?: string[] | undefined;
  aws?: Record<string, unknown> | undefined;
  allow?: string[] | undefined;
  locale?: string[] | undefined;
  parameter?: Record<string, string> | undefined;
  label?: Record<string, string> | undefined;
  protect?: true | undefined;
  planOnly?: true | undefined;
  detach?: true | undefined;
}

/** Creates a cluster: shows its plan, applies it after approval, and shows the progress. */
export async function create(cli: Cli, name: string, options: CreateOptions): Ending {
  needsReview(cli, options);
  await ensureServer(cli);
  const api = apiOf(cli);
  const started = await api.call((client) =>
    client.createCluster({
      idempotencyKey: randomUUID(),
      body: {
        name,
        ...specOf(options),
        approval: cli.yes && options.detach ? 'automatic' : 'manual',
      },
    }),
  );
  if (options.detach) {
    cli.printResult(
      started,
      () => `Operation ${started.id}\nWatch it: hathi cluster watch ${name}`,
    );
    return 'done';
  }
  const reviewed = await carryOut(cli, api, started.id, { planOnly: options.planOnly === true });
  if (reviewed.answer === 'no') return await decline(cli, api, name);
  if (reviewed.answer !== 'yes') return reviewed.ending;
  const { operation } = reviewed;
  const report = await api.latestReport(name);
  cli.printResult(operation, () =>
    [
      '',
      cli.manner.style('bold', `Cluster ${name} is up, and its replication is proven.`),
      '',
      ...(report ? [reportText(report.document, cli.manner)] : []),
      '',
      `Connect to it: hathi cluster connect ${name}`,
    ].join('\n'),
  );
  return 'done';
}

function specOf(options: CreateOptions) {
  const {
    replicas,
    target,
    instanceType,
    postgres,
    failover,
    allow,
    locale,
    parameter,
    label,
    protect,
  } = options;
  return {
    ...(replicas === undefined ? {} : { replica_count: replicas }),
    ...(target === undefined ? {} : { target }),
    ...(instanceType === undefined ? {} : { instance_type: instanceType }),
    ...(postgres === undefined ? {} : { postgres_version: postgres }),
    ...(failover === undefined ? {} : { failover_profile: failover }),
    ...(allow === undefined ? {} : { allow_list: allow }),
    ...(locale === undefined ? {} : { locales: locale }),
    ...awsOf(options),
    ...(protect === undefined ? {} : { deletion_protection: true }),
    parameters: parameter ?? {},
    labels: label ?? {},
  };
}

/** The server validates these settings. */
function awsOf({ region, connection, control, aws: more }: CreateOptions): { aws?: object } {
  const aws = {
    ...more,
    ...(region === undefined ? {} : { region }),
    ...(connection === undefined ? {} : { connection }),
    ...(control === undefined ? {} : { control_cidrs: control }),
  };
  return Object.keys(aws).length === 0 ? {} : { aws };
}

/** Offers to start a server on this machine where none responds. */
async function ensureServer(cli: Cli): Promise<void> {
  const api = apiOf(cli);
  try {
    await api.call((client) => client.getHealth());
    return;
  } catch (error) {
    const isHere = /^(localhost|127\.|\[::1\])/.test(new URL(cli.settings.url).hostname);
    const absent = error instanceof CliError && error.exit === 'unreachable';
    if (!absent || !isHere || !cli.interactive) throw error;
    const question = `${error.message} Start one on this machine?`;
    const answer = cli.yes ? 'yes' : await choose(cli.world, question, ['yes', 'no'], 'yes');
    if (answer === 'no') throw error;
  }
  const { serveInBackground } = await import('./serve.ts');
  const port = new URL(cli.settings.url).port || '80';
  const environment = { ...cli.world.environment, HATHI_PORT: port };
  const { url, pid, logPath } = await serveInBackground(cli, environment);
  cli.print(`Hathi runs at ${url} (log: ${logPath}; stop it: kill ${pid})`);
}

/** No resource exists yet, so the record is removed too, and the name is free again. */
async function decline(cli: Cli, api: Api, name: string): Ending {
  await api.call((client) => client.forgetCluster({ name, body: { confirm: name } }));
  cli.print(`Nothing was created. The name ${name} is free again.`);
  return 'declined';
}
