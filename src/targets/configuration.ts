import type { TargetContract } from '../ports/target.ts';
import { AWS_VARIABLES, readAwsDefaults } from './aws/configuration.ts';
import { awsContract } from './aws/contract.ts';
import type { ReadVariable, Variables } from './configuration-reader.ts';
import { localContract } from './local/contract.ts';

/** Every target, as the API describes it. */
export const TARGET_CONTRACTS: readonly TargetContract[] = [localContract, awsContract];

/** Target of clusters whose request names none, unless the server's configuration does. */
export const DEFAULT_TARGET = localContract.name;

/** Variables of the environment that configure one target, as the reference prints them. */
export const TARGET_VARIABLES = AWS_VARIABLES;

/**
 * The configuration of each target, and sentences to log at the start.
 * @throws CONFIGURATION_INVALID naming the variable
 */
export function readTargetConfiguration(
  read: ReadVariable<keyof typeof TARGET_VARIABLES>,
  environment: Variables,
) {
  const { warnings, ...aws } = readAwsDefaults(read, environment);
  return { aws, warnings };
}
export type TargetConfiguration = ReturnType<typeof readTargetConfiguration>;
