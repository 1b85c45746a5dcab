import type { Cli, Ending } from '../cli.ts';
import { apiOf } from '../client/api.ts';
import { CliError } from '../render/failure.ts';
import { planText } from '../render/plan-text.ts';
import { statusText } from '../render/status-style.ts';
import { indent } from '../render/table.ts';

export interface ShowPlanOptions {
  cluster?: string | undefined;
  files?: true | undefined;
}

export async function showPlan(cli: Cli, id: string | undefined, options: ShowPlanOptions): Ending {
  const api = apiOf(cli);
  const plan = await api.call((client) => findPlan(client));
  const { style } = cli.manner;
  cli.printResult(plan, () => {
    const files = options.files ? plan.files : [];
    return [
      `${style('dim', 'plan')} ${plan.id}, ${statusText(plan.state, style)}, ${plan.digest}`,
      '',
      planText(plan, style),
      ...files.flatMap(({ path, content }) => [
        '',
        style('bold', path),
        '',
        indent(content.trimEnd()),
      ]),
    ].join('\n');
  }, [plan.id]);
  return 'done';

  async function findPlan(client: typeof api.client) {
    if (id !== undefined) return await client.getPlan({ id });
    const name = options.cluster;
    if (name === undefined) {
      throw new CliError(
        'usage',
        'The plan is missing: add its id, or --cluster and the name of a cluster for its newest plan.',
      );
    }
    const { plans } = await client.listPlans({ name, limit: 1 });
    const newest = plans[0];
    if (newest === undefined) throw new CliError('notFound', `Cluster ${name} has no plan yet.`);
    return newest;
  }
}
