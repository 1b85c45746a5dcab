import type { Config } from '../config.ts';
import type { Targets } from '../ports/target.ts';
import { targetsByName } from '../shared/targets.ts';
import { createAwsCloud } from '../targets/aws/account/aws-cloud.ts';
import { createAwsTarget } from '../targets/aws/aws-target.ts';
import { createDockerTarget } from '../targets/local/docker-target.ts';
import { ASSETS_ROOT } from './assets.ts';

/** Creates every target of the server, without a request to any of them. */
export function createTargets(config: Pick<Config, 'toolEnvironment' | 'targets'>): Targets {
  const env = config.toolEnvironment;
  return targetsByName(
    createDockerTarget({ assetsRoot: ASSETS_ROOT, env }),
    createAwsTarget(createAwsCloud(), { env, defaults: config.targets.aws }),
  );
}
