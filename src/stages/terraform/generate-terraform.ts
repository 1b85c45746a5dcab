import type { Stage } from '../../ports/stage.ts';
import { targetOf } from '../../shared/targets.ts';
import type { TerraformTools } from './terraform-tools.ts';
import { writeConfiguration } from './write-configuration.ts';

const NAME = 'generate-terraform';

/** Writes the workspace of Terraform, which can also be used manually. */
export function createGenerateTerraformStage(tools: TerraformTools): Stage<'generate-terraform'> {
  return {
    name: NAME,
    afterCrash: 'run-again',
    async run(context) {
      const { cluster } = context;
      // First, so that a missing engine is reported before anything is written.
      const engine = await tools.terraform.engine();
      const files = await writeConfiguration(context, tools);
      await context.write(({ clusters }) =>
        clusters.update(cluster.id, {
          terraform_generated_revision: cluster.infrastructure_revision,
        }),
      );
      return {
        cluster: cluster.name,
        spec_revision: cluster.spec_revision,
        workspace: tools.workspace.path(cluster.name),
        files,
        engine,
        notes: targetOf(cluster, tools).notes(cluster.spec),
      };
    },
  };
}
