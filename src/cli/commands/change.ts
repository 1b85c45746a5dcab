import { randomUUID } from 'node:crypto';
import type { CLUSTER_VALUES } from '@hathi/client';
import type { Cli, Ending } from '../cli.ts';
import { type Api, apiOf, type Operation, type Plan } from '../client/api.ts';
import { carryOut } from '../client/carry-out.ts';
import { detached } from '../client/follow.ts';
import { needsReview } from '../client/review.ts';
import { printVerified } from '../client/verified.ts';
import { CliError } from '../render/failure.ts';
import { planText } from '../render/plan-text.ts';

export interface ChangeOptions {
  replicas?: number | undefined;
  instanceType?: string | undefined;
  failover?: (typeof CLUSTER_VALUES)['failover_profile'][number] | undefined;
  allow?: string[] | undefined;
  locale?: string[] | undefined;
  aws?: Record<string, unknown> | undefined;
  set?: Record<string, string> | undefined;
  unset?: string[] | undefined;
  allowDeleteData?: true | undefined;
  planOnly?: true | undefined;
  detach?: true | undefined;
}

/** Changes a cluster: shows the plan, applies it after approval, and verifies replication. */
export async function change(cli: Cli, name: string, options: ChangeOptions): Ending {
  const body = bodyOf(options);
  if (Object.keys(body).length === 0) {
    const hints = ['E.g. hathi cluster change orders --replicas 3 --set work_mem=64MB'];
    throw new CliError('usage', 'No change is given.', { hints });
  }
  needsReview(cli, options);
  const api = apiOf(cli);
  const response = await api.call((client) =>
    client.updateCluster({
      name,
      idempotencyKey: randomUUID(),
      body: {
        ...body,
        approval: cli.yes && options.detach ? 'automatic' : 'manual',
        allow: options.allowDeleteData ? ['delete-data'] : [],
      },
    }),
  );
  if (!('kind' in response)) {
    cli.printResult(response, () => `Cluster ${name} has these settings already.`);
    return 'done';
  }
  const started: Operation = response;
  if (options.detach) {
    return detached(cli, started);
  }
  const result = await carryOut(cli, api, started.id, {
    planOnly: options.planOnly === true,
    check: async (plan) => {
      await discardRefused(cli, api, plan, started.id);
      assertMayDelete(cli, plan, started.id, options);
    },
  });
  if (result.answer === 'no') {
    cli.print(`Nothing was changed. Cluster ${name} keeps its settings.`);
    return 'declined';
  }
  if (result.answer !== 'yes') return result.ending;
  await printVerified(
    cli,
    api,
    result.operation,
    `Cluster ${name} is changed, and its replication is proven.`,
  );
  return 'done';
}

function bodyOf({
  replicas,
  instanceType,
  failover,
  allow,
  locale,
  aws,
  set = {},
  unset = [],
}: ChangeOptions) {
  const parameters = { ...set, ...Object.fromEntries(unset.map((one) => [one, null])) };
  return {
    ...(replicas === undefined ? {} : { replica_count: replicas }),
    ...(instanceType === undefined ? {} : { instance_type: instanceType }),
    ...(failover === undefined ? {} : { failover_profile: failover }),
    ...(allow === undefined ? {} : { allow_list: allow.filter((one) => one !== NONE) }),
    ...(locale === undefined ? {} : { locales: locale.filter((one) => one !== NONE) }),
    ...(aws === undefined ? {} : { aws }),
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
  };
}

/** Value of an option with a list that empties the list. */
const NONE = 'none';

/** A plan that cannot be applied would only keep the cluster busy. @throws CliError (refused) */
async function discardRefused(cli: Cli, api: Api, plan: Plan, id: string): Promise<void> {
  if (plan.refusals.length === 0) return;
  cli.print(`\n${planText(plan, cli.manner.style)}\n`);
  await api.call((client) => client.cancelOperation({ id, body: {} }));
  throw new CliError(
    'refused',
    `The plan cannot be applied, so nothing was changed. Cluster ${plan.cluster_name} keeps its settings.`,
  );
}

/** `--yes` approves without a review, so it does not approve the deletion of data by itself. */
function assertMayDelete(
  cli: Cli,
  { changes }: Pick<Plan, 'changes'>,
  id: string,
  { allowDeleteData }: ChangeOptions,
): void {
  if (!cli.yes || allowDeleteData) return;
  const nodes = changes.flatMap(({ effect, node }) =>
    effect === 'loses-data' && node !== null ? [node] : [],
  );
  if (nodes.length === 0) return;
  throw new CliError(
    'refused',
    `The plan deletes the data of ${[...new Set(nodes)].join(', ')}, so --yes does not approve it.`,
    {
      hints: [
        `Review and approve it: hathi operation approve ${id}`,
        `Cancel it: hathi operation cancel ${id}`,
        'Allow it in a script: add --allow-delete-data',
      ],
    },
  );
}
