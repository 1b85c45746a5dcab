import { z } from 'zod';
import type { OrphansView } from '../../services/api.ts';
import { orphansExample } from './examples.ts';

/** A target decides which regions exist. */
const regionSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must have small letters, digits and hyphens');

export const orphanQuerySchema = z.strictObject({
  region: regionSchema
    .optional()
    .describe('Only this region.')
    .meta({ examples: ['eu-central-1'] }),
});

export const orphansSchema = z
  .object({
    regions: z.array(z.string()).describe('Regions that were searched.'),
    failures: z
      .array(
        z.object({
          region: z.string(),
          code: z.string().describe('Error code, e.g. `CLOUD_UNAVAILABLE`.'),
          message: z.string().describe('Reason and remedy.'),
        }),
      )
      .describe('Regions that could not be searched. Their orphans are not in the list.'),
    orphans: z.array(
      z
        .object({
          kind: z.string().describe('Kind of the resource, e.g. `instance`, `data-volume`.'),
          type: z.string().describe('Type of the resource in the words of the provider.'),
          id: z.string(),
          name: z.string().nullable(),
          region: z.string(),
          site: z.string().nullable().describe('Site (data directory) that created the resource.'),
          cluster: z.string().nullable(),
          node: z.string().nullable(),
          operation_id: z.string().nullable().describe('Operation that created the resource.'),
          remove: z.string().describe('Shell command that removes the resource.'),
        })
        .meta({ id: 'Orphan' }),
    ),
  })
  .meta({
    id: 'Orphans',
    description: 'Resources with the labels of Hathi that are in no Terraform state.',
    examples: [orphansExample],
  }) satisfies z.ZodType<OrphansView>;
