import { z } from 'zod';
import { remedySchema } from '../../core/remedy.ts';

/** A remedy with the request that carries it out. */
export const remedyRequestSchema = remedySchema
  .extend({
    request: z
      .string()
      .describe('Method, path and JSON body, e.g. `POST /plan-terraform {"cluster":"orders"}`.'),
  })
  .meta({ id: 'RemedyRequest', description: 'What to do next, and the request that does it.' });
