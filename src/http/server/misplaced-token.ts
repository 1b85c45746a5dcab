import type { FastifyInstance } from 'fastify';
import { HathiError } from '../../core/errors.ts';
import { createSecretFilter } from '../../core/known-secrets.ts';

/**
 * Rejects requests that contain the token of the server anywhere but in `Authorization`: as a
 * label, a parameter or a part of the path it would be stored, shown in lists and written to logs.
 * @returns a function that removes the token from a text, for responses and their quotes
 */
export function rejectMisplacedToken(
  app: FastifyInstance,
  token: string | null,
): (text: string) => string {
  if (token === null) return (text) => text;
  const clean = createSecretFilter([token]);
  const contains = (text: string) => clean(text) !== text;
  app.addHook('onRequest', async ({ raw }) => {
    if (contains(raw.url ?? '')) throw misplaced('URL');
    for (const [name, value] of Object.entries(raw.headers)) {
      if (name === 'authorization') continue;
      if (contains(name) || contains([value ?? ''].flat().join())) throw misplaced('headers');
    }
  });
  app.addHook('preValidation', async ({ body }) => {
    if (body !== undefined && contains(JSON.stringify(body) ?? '')) throw misplaced('body');
  });
  return clean;
}

function misplaced(where: string): HathiError {
  return new HathiError(
    'INVALID_REQUEST',
    `The ${where} of the request contains the token of this server, which belongs only in the header "Authorization: Bearer <token>". Replace the token if others could read this request.`,
  );
}
