import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { RecordService } from '../../services/records/record-service.ts';
import { clusterParamsSchema, reportListSchema, reportSchema } from '../schemas/cluster.ts';
import { pageQuerySchema } from '../schemas/page.ts';
import { idParamsSchema, planListSchema, planSchema } from '../schemas/plan.ts';
import { problems } from '../schemas/problem.ts';

export interface RecordRoutes {
  records: RecordService;
}

const ofCluster = [
  'INVALID_REQUEST',
  'INVALID_CLUSTER_NAME',
  'CLUSTER_NOT_FOUND',
  'INVALID_CURSOR',
] as const;

/** Records of operations: plans and reports. */
export const recordRoutes: FastifyPluginAsyncZod<RecordRoutes> = async (app, { records }) => {
  app.get(
    '/clusters/:name/plans',
    {
      schema: {
        operationId: 'listPlans',
        tags: ['plans'],
        summary: 'List the plans of a cluster, newest first',
        params: clusterParamsSchema,
        querystring: pageQuerySchema,
        response: { 200: planListSchema, ...problems(...ofCluster) },
      },
    },
    async (request) => {
      const { entries, ...rest } = await records.plans(request.params.name, request.query);
      return { plans: entries, ...rest };
    },
  );

  app.get(
    '/plans/:id',
    {
      schema: {
        operationId: 'getPlan',
        tags: ['plans'],
        summary: 'Get a plan with its changes and its configuration',
        params: idParamsSchema,
        response: {
          200: planSchema,
          ...problems('INVALID_REQUEST', 'ID_AMBIGUOUS', 'PLAN_NOT_FOUND'),
        },
      },
    },
    async (request) => await records.plan(request.params.id),
  );

  app.get(
    '/clusters/:name/reports',
    {
      schema: {
        operationId: 'listReports',
        tags: ['reports'],
        summary: 'List the reports of a cluster, newest first',
        params: clusterParamsSchema,
        querystring: pageQuerySchema,
        response: { 200: reportListSchema, ...problems(...ofCluster) },
      },
    },
    async (request) => {
      const { entries, ...rest } = await records.reports(request.params.name, request.query);
      return { reports: entries, ...rest };
    },
  );

  app.get(
    '/reports/:id',
    {
      schema: {
        operationId: 'getReport',
        tags: ['reports'],
        summary: 'Get a report',
        params: idParamsSchema,
        response: {
          200: reportSchema,
          ...problems('INVALID_REQUEST', 'ID_AMBIGUOUS', 'REPORT_NOT_FOUND'),
        },
      },
    },
    async (request) => await records.report(request.params.id),
  );
};
