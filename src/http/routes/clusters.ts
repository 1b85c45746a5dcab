import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Cluster } from '../../core/cluster/cluster.ts';
import type { TargetContract } from '../../ports/target.ts';
import type { ClusterService } from '../../services/clusters/cluster-service.ts';
import type { PageOf } from '../../services/lists/page.ts';
import type { OperationService } from '../../services/operations/operation-service.ts';
import {
  clusterParamsSchema,
  clusterQuerySchema,
  clusterSchemas,
  nodeListSchema,
  reportSchema,
} from '../schemas/cluster.ts';
import { connectionSchema } from '../schemas/connection.ts';
import { operationSchema } from '../schemas/operation.ts';
import { BODY_PROBLEMS, PARAMETER_PROBLEMS, problems } from '../schemas/problem.ts';
import {
  callerOf,
  IDEMPOTENCY_PROBLEMS,
  idempotencyHeader,
  idempotencyHeaders,
} from '../server/idempotency.ts';
import { accepted, sendTagged, sharedResponse, tagIn } from '../server/responses.ts';

export interface ClusterRoutes {
  clusters: ClusterService;
  operations: OperationService;
  targets: readonly TargetContract[];
}

const tags = ['clusters'];
const listResponse = sharedResponse(({ entries, ...rest }: PageOf<Cluster>) => {
  return { clusters: entries, ...rest };
});
const ofOneCluster = ['INVALID_CLUSTER_NAME', 'CLUSTER_NOT_FOUND'] as const;

export const clusterRoutes: FastifyPluginAsyncZod<ClusterRoutes> = async (app, routes) => {
  const { clusters, operations } = routes;
  const { clusterSchema, clusterListSchema, createClusterBody, updateClusterBody } = clusterSchemas(
    routes.targets,
  );

  app.post(
    '/clusters',
    {
      schema: {
        operationId: 'createCluster',
        tags,
        summary: 'Create a cluster, and verify its replication',
        description:
          'Returns the operation. It creates a plan and waits for its approval, unless `approval` is `automatic`.',
        headers: idempotencyHeaders,
        body: createClusterBody,
        response: {
          202: operationSchema,
          ...problems(
            ...BODY_PROBLEMS,
            ...IDEMPOTENCY_PROBLEMS,
            'INVALID_CLUSTER_NAME',
            'CLUSTER_EXISTS',
            'CLUSTER_BUSY',
            'NETWORK_TAKEN',
            'NETWORK_EXHAUSTED',
            'TOOL_MISSING',
            ...PARAMETER_PROBLEMS,
          ),
        },
      },
    },
    async (request, reply) => {
      const { name, parameters, labels, deletion_protection, approval, ...spec } = request.body;
      const operation = await operations.createCluster(
        { name, spec, parameters, labels, deletionProtection: deletion_protection, approval },
        callerOf(request),
      );
      return accepted(reply, operation);
    },
  );

  app.get(
    '/clusters',
    {
      schema: {
        operationId: 'listClusters',
        tags,
        summary: 'List the clusters that are not destroyed',
        querystring: clusterQuerySchema,
        response: { 200: clusterListSchema, ...problems('INVALID_REQUEST', 'INVALID_CURSOR') },
      },
    },
    async (request) => {
      const { label, ...page } = request.query;
      return listResponse(await clusters.list(page, label ? labelOf(label) : undefined));
    },
  );

  app.get(
    '/clusters/:name',
    {
      schema: {
        operationId: 'getCluster',
        tags,
        summary: 'Get a cluster with its requested and its observed state',
        params: clusterParamsSchema,
        response: { 200: clusterSchema, ...problems(...ofOneCluster) },
      },
    },
    async (request, reply) => sendTagged(reply, await clusters.get(request.params.name)),
  );

  app.patch(
    '/clusters/:name',
    {
      schema: {
        operationId: 'updateCluster',
        tags,
        summary: 'Change a cluster',
        description:
          'Labels and protection change at once (200). A change of the spec returns its operation (202), which creates a plan and waits for its approval. Members that are left out keep their value. With `If-Match`, the request fails if labels or protection were changed since that `ETag`.',
        params: clusterParamsSchema,
        headers: z.looseObject({
          ...idempotencyHeader,
          'if-match': z
            .string()
            .optional()
            .describe('`ETag` of the response with the cluster.')
            .meta({ pattern: '^(\\*|"[^"]*")$' }),
        }),
        body: updateClusterBody,
        response: {
          200: clusterSchema,
          202: operationSchema,
          ...problems(
            ...BODY_PROBLEMS,
            ...IDEMPOTENCY_PROBLEMS,
            ...ofOneCluster,
            'PRECONDITION_FAILED',
            'CLUSTER_BUSY',
            'STEP_MISSING',
            'TOOL_MISSING',
            ...PARAMETER_PROBLEMS,
          ),
        },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const {
        labels,
        deletion_protection,
        approval,
        allow,
        parameters = {},
        ...spec
      } = request.body;
      const metadata = {
        ...(labels === undefined ? {} : { labels }),
        ...(deletion_protection === undefined ? {} : { deletionProtection: deletion_protection }),
        ifMatch: tagIn(request.headers['if-match']),
      };
      const changesSpec = Object.keys({ ...spec, ...parameters }).length > 0;
      if (!changesSpec) return sendTagged(reply, await clusters.update(name, metadata));
      const change = { spec, parameters, approval, allow };
      const operation = await operations.changeCluster(name, change, metadata, callerOf(request));
      if (operation !== null) return accepted(reply, operation);
      return sendTagged(reply, await clusters.get(name));
    },
  );

  app.get(
    '/clusters/:name/nodes',
    {
      schema: {
        operationId: 'listNodes',
        tags,
        summary: 'List the nodes of a cluster: planned, created and observed',
        params: clusterParamsSchema,
        response: { 200: nodeListSchema, ...problems(...ofOneCluster) },
      },
    },
    async (request) => ({ nodes: await clusters.nodes(request.params.name) }),
  );

  app.get(
    '/clusters/:name/connection',
    {
      schema: {
        operationId: 'getConnection',
        tags,
        summary: 'Get the connection strings, with the password',
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
        summary: 'Get the newest report of a cluster',
        params: clusterParamsSchema,
        response: { 200: reportSchema, ...problems(...ofOneCluster, 'REPORT_NOT_FOUND') },
      },
    },
    async (request) => clusters.latestReport(request.params.name),
  );
};

function labelOf(text: string): { name: string; value: string } {
  const at = text.indexOf('=');
  return { name: text.slice(0, at), value: text.slice(at + 1) };
}
