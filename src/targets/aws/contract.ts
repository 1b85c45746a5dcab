import type { TargetContract } from '../../ports/target.ts';
import { awsChangesSchema, awsSettingsSchema } from './settings/aws-settings.ts';

export const awsContract = {
  name: 'aws',
  settings: {
    stored: awsSettingsSchema,
    changes: awsChangesSchema,
    description:
      'Settings of a cluster on `aws`. A setting that is left out keeps its value, or gets its default in a new cluster. This also applies to each field of an object.',
  },
} as const satisfies TargetContract;
