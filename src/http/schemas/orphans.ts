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
    .describe('This region alone.')
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
          message: z.string().describe('Reason, with what to do.'),
        }),
      )
      .describe('Regions that could not be searched. Their orphans are not in the list.'),
    orphans: z.array(
      z
        .object({
          kind: z.string().describe('What it stands for, e.g. `instance`, `data-volume`.'),
          type: z.string().describe("AWS's own word for it."),
          id: z.string(),
          name: z.string().nullable(),
          region: z.string(),
          site: z.string().nullable().describe('The data directory that it was made from.'),
          cluster: z.string().nullable(),
          node: z.string().nullable(),
          operation_id: z.string().nullable().describe('The operation that made it.'),
          remove: z.string().describe('What a person types to remove it.'),
        })
        .meta({ id: 'Orphan' }),
    ),
  })
  .meta({
    id: 'Orphans',
    description: 'What carries the tags of Hathi and is in no state.',
    examples: [orphansExample],
  }) satisfies z.ZodType<OrphansView>;
