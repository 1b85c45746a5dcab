import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { HathiError } from '../../core/errors.ts';
import type { ClusterService } from '../../services/clusters/cluster-service.ts';
import type { OperationService } from '../../services/operations/operation-service.ts';
import {
  clusterParamsSchema,
  destroyQuerySchema,
  forgetBody,
  forgottenSchema,
  repairBody,
  switchoverBody,
} from '../schemas/cluster.ts';
import { operationSchema } from '../schemas/operation.ts';
import { BODY_PROBLEMS, problems } from '../schemas/problem.ts';
import { callerOf, IDEMPOTENCY_PROBLEMS, idempotencyHeaders } from '../server/idempotency.ts';
import { accepted } from '../server/responses.ts';

export interface ClusterActionRoutes {
  clusters: ClusterService;
  operations: OperationService;
}

const tags = ['clusters'];
const ofOneCluster = ['INVALID_CLUSTER_NAME', 'CLUSTER_NOT_FOUND'] as const;

/** Actions on an existing cluster: verify, switchover, repair, destroy, forget. */
export const clusterActionRoutes: FastifyPluginAsyncZod<ClusterActionRoutes> = async (
  app,
  { clusters, operations },
) => {
  app.delete(
    '/clusters/:name',
    {
      schema: {
        operationId: 'destroyCluster',
        tags,
        summary: 'Destroy a cluster: remove its machines, then its record',
        params: clusterParamsSchema,
        querystring: destroyQuerySchema,
        headers: idempotencyHeaders,
        response: {
          202: operationSchema,
          ...problems(
            'INVALID_REQUEST',
            ...IDEMPOTENCY_PROBLEMS,
            ...ofOneCluster,
            'CLUSTER_BUSY',
            'CLUSTER_PROTECTED',
          ),
        },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const { confirm } = request.query;
      assertConfirmed(name, confirm);
      const caller = callerOf(request);
      return accepted(
        reply,
        await operations.submitStep('destroy-terraform', name, { confirm }, caller),
      );
    },
  );

  app.post(
    '/clusters/:name/verify',
    {
      schema: {
        operationId: 'verifyCluster',
        tags,
        summary: 'Verify the replication of a cluster',
        params: clusterParamsSchema,
        headers: idempotencyHeaders,
        body: z.strictObject({}).meta({ examples: [{}] }),
        response: {
          202: operationSchema,
          ...problems(
            ...BODY_PROBLEMS,
            ...IDEMPOTENCY_PROBLEMS,
            ...ofOneCluster,
            'CLUSTER_BUSY',
            'STEP_MISSING',
          ),
        },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const caller = callerOf(request);
      return accepted(reply, await operations.submitStep('verify-replication', name, {}, caller));
    },
  );

  app.post(
    '/clusters/:name/actions/switchover',
    {
      schema: {
        operationId: 'switchOver',
        tags,
        summary: 'Make a replica the primary',
        description:
          'The primary is shut down in order, so no acknowledged row is lost; writes stop for some seconds. The request is the approval. Replication is verified afterwards.',
        params: clusterParamsSchema,
        headers: idempotencyHeaders,
        body: switchoverBody,
        response: {
          202: operationSchema,
          ...problems(
            ...BODY_PROBLEMS,
            ...IDEMPOTENCY_PROBLEMS,
            ...ofOneCluster,
            'CLUSTER_BUSY',
            'STEP_MISSING',
            'SWITCHOVER_REFUSED',
          ),
        },
      },
    },
    async (request, reply) => {
      const to = request.body.to ?? null;
      const caller = callerOf(request);
      return accepted(reply, await operations.switchover(request.params.name, to, caller));
    },
  );

  app.post(
    '/clusters/:name/actions/repair',
    {
      schema: {
        operationId: 'repairCluster',
        tags,
        summary: 'Bring machines and nodes back to the spec',
        description:
          'Starts stopped machines, creates missing ones, sets up their nodes, and verifies replication. Returns the operation, which creates a plan and waits for its approval.',
        params: clusterParamsSchema,
        headers: idempotencyHeaders,
        body: repairBody,
        response: {
          202: operationSchema,
          ...problems(
            ...BODY_PROBLEMS,
            ...IDEMPOTENCY_PROBLEMS,
            ...ofOneCluster,
            'CLUSTER_BUSY',
            'STEP_MISSING',
          ),
        },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const { approval } = request.body;
      return accepted(reply, await operations.repairCluster(name, approval, callerOf(request)));
    },
  );

  app.post(
    '/clusters/:name/forget',
    {
      schema: {
        operationId: 'forgetCluster',
        tags,
        summary: 'Forget a cluster: remove its record, and keep its machines',
        params: clusterParamsSchema,
        headers: idempotencyHeaders,
        body: forgetBody,
        response: {
          200: forgottenSchema,
          ...problems(
            ...BODY_PROBLEMS,
            ...IDEMPOTENCY_PROBLEMS,
            ...ofOneCluster,
            'CLUSTER_BUSY',
            'CLUSTER_PROTECTED',
          ),
        },
      },
    },
    async (request) => {
      assertConfirmed(request.params.name, request.body.confirm);
      return await clusters.forget(request.params.name);
    },
  );
};

/** @throws INVALID_REQUEST */
function assertConfirmed(name: string, confirm: string): void {
  if (confirm === name) return;
  const message = `confirm must be the name of the cluster, ${JSON.stringify(name)}.`;
  throw new HathiError('INVALID_REQUEST', message, {
    errors: [{ path: '/confirm', message, expected: name }],
  });
}
