import type { TargetContract } from '../ports/target.ts';
import { AWS_VARIABLES, readAwsDefaults } from './aws/configuration.ts';
import { awsContract } from './aws/contract.ts';
import type { ReadVariable, Variables } from './configuration-reader.ts';
import { localContract } from './local/contract.ts';

/** All targets, as the API describes them. */
export const TARGET_CONTRACTS: readonly TargetContract[] = [localContract, awsContract];

/** Default target, unless the server's configuration sets another one. */
export const DEFAULT_TARGET = localContract.name;

/** Environment variables that configure one target, as printed in the reference. */
export const TARGET_VARIABLES = AWS_VARIABLES;

/**
 * Returns the configuration of each target, and sentences to log at the start.
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
