import { z } from 'zod';
import type { ReadVariable, Variables } from '../configuration-reader.ts';
import { awsChangesSchema } from './settings/aws-settings.ts';
import type { AwsDefaults } from './settings/next-settings.ts';
import { REGION_PATTERN, regionProblem } from './settings/region.ts';

/** Environment variables that configure the target. */
export const AWS_VARIABLES = {
  HATHI_AWS: {
    default: 'none',
    description:
      'Members of `aws` for new clusters whose request leaves them out, as JSON, e.g. `{"region": "eu-central-1", "control_cidrs": ["203.0.113.7/32"]}`. Without a region in it, Hathi uses `AWS_REGION` or `AWS_DEFAULT_REGION`.',
  },
  HATHI_AWS_REGIONS: {
    default: 'none',
    description:
      'Regions of AWS that are newer than this version of Hathi, separated by commas. Requests that name any other unknown region are rejected.',
  },
} as const;

export interface AwsConfiguration extends AwsDefaults {
  /** Sentences to log at the start. */
  warnings: string[];
}

/** @throws CONFIGURATION_INVALID */
export function readAwsDefaults(
  read: ReadVariable<keyof typeof AWS_VARIABLES>,
  environment: Variables,
): AwsConfiguration {
  const settings = {
    region: environment.AWS_REGION || environment.AWS_DEFAULT_REGION || undefined,
    ...read('HATHI_AWS', defaultsSchema, {}),
  };
  const regions = read('HATHI_AWS_REGIONS', regionsSchema, []);
  return { settings, regions, warnings: unknownRegion(settings.region, regions) };
}

const regionsSchema = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  )
  .refine(
    (names) => names.every((name) => REGION_PATTERN.test(name)),
    'must be regions separated by commas, e.g. eu-central-3,us-east-3',
  );

const defaultsSchema = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'must be JSON' });
      return z.NEVER;
    }
  })
  .pipe(awsChangesSchema);

/** Only a warning, because many environments set AWS_REGION for other programs. */
function unknownRegion(region: string | undefined, further: readonly string[]): string[] {
  const problem = region === undefined ? null : regionProblem(region, further);
  return problem ? [`The default region of clusters on AWS ${problem.message}.`] : [];
}
