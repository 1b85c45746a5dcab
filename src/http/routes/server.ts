import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { nearestName } from '../../core/nearest-name.ts';
import type { ReadinessService } from '../../services/server/readiness-service.ts';
import { ERROR_GUIDE } from '../errors/error-guide.ts';
import { HttpError, PROBLEM_CODES, type ProblemCode } from '../errors/http-error.ts';
import { STATUS_OF } from '../errors/problem.ts';
import { errorCodeSchema, problems } from '../schemas/problem.ts';
import { schemeOf } from '../server/access.ts';

export interface ServerRoutes {
  readiness: ReadinessService;
}

const tags = ['server'];

const readinessSchema = z
  .object({
    ready: z.boolean(),
    checks: z.array(z.object({ name: z.string(), ready: z.boolean(), message: z.string() })),
  })
  .meta({
    id: 'Readiness',
    description: 'Whether the server can work, with one check for each requirement.',
    examples: [{ ready: true, checks: [{ name: 'database', ready: true, message: 'answers' }] }],
  });

const errorEntrySchema = z
  .object({
    code: errorCodeSchema,
    status: z.int(),
    title: z.string(),
    cause: z.string(),
    remedy: z.string(),
  })
  .meta({
    id: 'ErrorEntry',
    description: 'Meaning, cause and remedy of an error code.',
    examples: [
      {
        code: 'CLUSTER_BUSY',
        status: STATUS_OF.CLUSTER_BUSY,
        title: PROBLEM_CODES.CLUSTER_BUSY,
        ...ERROR_GUIDE.CLUSTER_BUSY,
      },
    ],
  });

/** Routes about the server itself. */
export const serverRoutes: FastifyPluginAsyncZod<ServerRoutes> = async (app, { readiness }) => {
  app.get(
    '/health',
    {
      schema: {
        operationId: 'getHealth',
        tags,
        summary: 'Check that the server runs',
        response: {
          200: z
            .object({ status: z.literal('ok') })
            .meta({ description: 'The server runs.', examples: [{ status: 'ok' }] }),
          ...problems(),
        },
      },
    },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/ready',
    {
      schema: {
        operationId: 'getReadiness',
        tags,
        summary: 'Check whether the server can work',
        response: {
          200: readinessSchema,
          503: readinessSchema.describe(
            'A requirement is missing. Each check contains the remedy.',
          ),
          ...problems(),
        },
      },
    },
    async (_request, reply) => {
      const checks = await readiness.checks();
      const ready = checks.every((check) => check.ready);
      return reply.code(ready ? 200 : 503).send({ ready, checks });
    },
  );

  app.get(
    '/errors/:code',
    {
      schema: {
        operationId: 'getError',
        tags,
        summary: 'Explain an error code',
        params: z.strictObject({
          code: z
            .string()
            .describe('Error code, e.g. `CLUSTER_BUSY`.')
            .meta({ examples: ['CLUSTER_BUSY'] }),
        }),
        response: { 200: errorEntrySchema, ...problems('NOT_FOUND') },
      },
    },
    async ({ params }) => {
      const code = knownCode(params.code);
      return { code, status: STATUS_OF[code], title: PROBLEM_CODES[code], ...ERROR_GUIDE[code] };
    },
  );

  app.get('/openapi.json', { schema: { hide: true } as never }, async (request) => ({
    ...app.swagger(),
    // A client that is generated from the response uses the server that sent it.
    servers: [{ url: `${schemeOf(request)}://${request.host}` }],
  }));
};

/** @throws NOT_FOUND naming the nearest code */
function knownCode(text: string): ProblemCode {
  if (Object.hasOwn(PROBLEM_CODES, text)) return text as ProblemCode;
  const near = nearestName(text, Object.keys(PROBLEM_CODES));
  const hint = near === null ? 'the page of errors has them all' : `did you mean ${near}?`;
  throw new HttpError(
    'NOT_FOUND',
    `There is no error ${JSON.stringify(text.slice(0, 64))}; ${hint}`,
  );
}
