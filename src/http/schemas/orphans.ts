import { z } from 'zod';
import { orphansSchema as orphans } from '../../core/resources.ts';
import { orphansExample } from './examples.ts';

/** The schema has no list of regions, because each target decides which regions exist. */
const regionSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must have small letters, digits and hyphens');

export const orphanQuerySchema = z.strictObject({
  region: regionSchema
    .optional()
    .describe('Only this region.')
    .meta({ examples: ['eu-central-1'] }),
});

export const orphansSchema = orphans.meta({
  id: 'Orphans',
  description: 'Resources with the labels of Hathi that are in no Terraform state.',
  examples: [orphansExample],
});
