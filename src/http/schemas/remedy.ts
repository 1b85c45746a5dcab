import { z } from 'zod';
import { remedySchema as coreRemedySchema } from '../../core/remedy.ts';

export const remedySchema = coreRemedySchema.meta({
  id: 'Remedy',
  description: 'What to do next.',
});

/** A remedy with the request that carries it out. */
export const remedyRequestSchema = coreRemedySchema
  .extend({
    request: z
      .string()
      .describe('Method, path and JSON body, e.g. `POST /plan-terraform {"cluster":"orders"}`.'),
  })
  .meta({ id: 'RemedyRequest', description: 'What to do next, and the request that does it.' });
