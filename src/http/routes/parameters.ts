import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { ParameterService } from '../../services/parameters/parameter-service.ts';
import { clusterParamsSchema } from '../schemas/cluster.ts';
import { parameterListSchema } from '../schemas/parameters.ts';
import { PARAMETER_PROBLEMS, problems } from '../schemas/problem.ts';

export interface ParameterRoutes {
  parameters: ParameterService;
}

export const parameterRoutes: FastifyPluginAsyncZod<ParameterRoutes> = async (app, routes) => {
  app.get(
    '/clusters/:name/parameters',
    {
      schema: {
        operationId: 'listParameters',
        tags: ['clusters'],
        summary: 'List the PostgreSQL parameters of a cluster, with their values on each node',
        params: clusterParamsSchema,
        response: {
          200: parameterListSchema,
          ...problems(
            'INVALID_CLUSTER_NAME',
            'CLUSTER_NOT_FOUND',
            'TOOL_MISSING',
            'SECRET_UNREADABLE',
            ...PARAMETER_PROBLEMS,
          ),
        },
      },
    },
    async (request) => await routes.parameters.list(request.params.name),
  );
};
