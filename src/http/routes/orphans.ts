import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { OrphanService } from '../../services/orphans/orphan-service.ts';
import { orphanQuerySchema, orphansSchema } from '../schemas/orphans.ts';
import { problems } from '../schemas/problem.ts';

export interface OrphanRoutes {
  orphans: OrphanService;
}

export const orphanRoutes: FastifyPluginAsyncZod<OrphanRoutes> = async (app, { orphans }) => {
  app.get(
    '/orphans',
    {
      schema: {
        operationId: 'listOrphans',
        tags: ['clusters'],
        summary: 'List resources with the labels of Hathi that are in no Terraform state',
        querystring: orphanQuerySchema,
        response: { 200: orphansSchema, ...problems('INVALID_REQUEST', 'CLOUD_UNAVAILABLE') },
      },
    },
    async ({ query }) => await orphans.list(query.region),
  );
};
