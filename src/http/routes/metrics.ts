import type { FastifyInstance } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { MetricsService } from '../../services/server/metrics-service.ts';
import { problems } from '../schemas/problem.ts';

export interface MetricsRoutes {
  metrics: MetricsService;
}

/**
 * Every request is measured by the pattern of its route. Requests without a route are one series.
 */
export function measureRequests(app: FastifyInstance, metrics: MetricsService): void {
  app.addHook('onResponse', (request, reply, done) => {
    metrics.requestEnded({
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1000,
    });
    done();
  });
}

export const metricsRoutes: FastifyPluginAsyncZod<MetricsRoutes> = async (app, { metrics }) => {
  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'getMetrics',
        tags: ['server'],
        summary: 'Get the metrics for Prometheus',
        response: {
          200: {
            description: 'Metrics in the text format of Prometheus.',
            content: {
              'text/plain': {
                schema: z.string().meta({ examples: ['hathi_clusters{status="healthy"} 1\n'] }),
              },
            },
          },
          ...problems('DATABASE_UNAVAILABLE'),
        },
      },
    },
    async (_request, reply) => {
      const text = await metrics.expose();
      return reply
        .header('cache-control', 'no-store')
        .type(metrics.contentType)
        .serializer(String)
        .send(text as never);
    },
  );
};
