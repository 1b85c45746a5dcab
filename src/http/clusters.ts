import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { ClusterService } from '../services/api.ts';
import {
  clusterListSchema,
  clusterParamsSchema,
  clusterSchema,
  connectionSchema,
  reportSchema,
} from './schemas/cluster.ts';
import { problems } from './schemas/problem.ts';

export interface ClusterRoutes {
  clusters: ClusterService;
}

const tags = ['clusters'];
const ofOneCluster = ['INVALID_CLUSTER_NAME', 'CLUSTER_NOT_FOUND'] as const;

export const clusterRoutes: FastifyPluginAsyncZod<ClusterRoutes> = async (app, { clusters }) => {
  app.get(
    '/clusters',
    {
      schema: {
        operationId: 'listClusters',
        tags,
        summary: 'List the clusters that are not destroyed',
        response: { 200: clusterListSchema, ...problems() },
      },
    },
    async () => ({ clusters: await clusters.list(), next_cursor: null }),
  );

  app.get(
    '/clusters/:name',
    {
      schema: {
        operationId: 'getCluster',
        tags,
        summary: 'Show a cluster, what was asked for beside what was seen',
        params: clusterParamsSchema,
        response: { 200: clusterSchema, ...problems(...ofOneCluster) },
      },
    },
    async (request) => clusters.get(request.params.name),
  );

  app.get(
    '/clusters/:name/connection',
    {
      schema: {
        operationId: 'getConnection',
        tags,
        summary: 'Show how to connect, password included',
        params: clusterParamsSchema,
        response: { 200: connectionSchema, ...problems(...ofOneCluster, 'STEP_MISSING') },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return clusters.connection(request.params.name);
    },
  );

  app.get(
    '/clusters/:name/report',
    {
      schema: {
        operationId: 'getLatestReport',
        tags,
        summary: 'Show the newest report of verify-replication',
        params: clusterParamsSchema,
        response: { 200: reportSchema, ...problems(...ofOneCluster, 'REPORT_NOT_FOUND') },
      },
    },
    async (request) => clusters.latestReport(request.params.name),
  );
};
