import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { ClusterEvent } from '../../core/observation/cluster-event.ts';
import type { ObservationService } from '../../services/observation/observation-service.ts';
import { clusterParamsSchema } from '../schemas/cluster.ts';
import {
  clusterEventResponse,
  clusterEventsQuerySchema,
  failoverListSchema,
  seriesQuerySchema,
  seriesResponse,
} from '../schemas/observation.ts';
import { pageQuerySchema } from '../schemas/page.ts';
import { problems } from '../schemas/problem.ts';
import { type EventStreams, lastEventId, lastEventIdHeaders } from '../server/event-streams.ts';

export interface ObservationRoutes {
  observations: ObservationService;
  streams: EventStreams;
}

const tags = ['observations'];
const ofCluster = ['INVALID_REQUEST', 'INVALID_CLUSTER_NAME', 'CLUSTER_NOT_FOUND'] as const;

const eventFrames = {
  200: {
    description: 'Frames `id: <sequence>`, `data: <ClusterEvent as JSON>`.',
    // The schema of one event; see openapi-portable.ts.
    content: { 'text/event-stream': { schema: clusterEventResponse } },
  },
};

/** Routes of observations: events, failovers and series. */
export const observationRoutes: FastifyPluginAsyncZod<ObservationRoutes> = async (app, routes) => {
  const { observations, streams } = routes;

  app.get(
    '/clusters/:name/failovers',
    {
      schema: {
        operationId: 'listFailovers',
        tags,
        summary: 'List the failovers of a cluster, newest first',
        params: clusterParamsSchema,
        querystring: pageQuerySchema,
        response: { 200: failoverListSchema, ...problems(...ofCluster, 'INVALID_CURSOR') },
      },
    },
    async (request) => {
      const { entries, ...rest } = await observations.failovers(request.params.name, request.query);
      return { failovers: entries, ...rest };
    },
  );

  app.get(
    '/clusters/:name/series',
    {
      schema: {
        operationId: 'getSeries',
        tags,
        summary: 'Get a metric of the nodes of a cluster over time',
        description:
          'Rounds of 5 seconds for two days, averages of a minute for 30 days. A node has at most 720 points.',
        params: clusterParamsSchema,
        querystring: seriesQuerySchema,
        response: { 200: seriesResponse, ...problems(...ofCluster) },
      },
    },
    async (request) => {
      const { metric, from, to } = request.query;
      return await observations.series(request.params.name, metric, {
        from: from === undefined ? undefined : new Date(from),
        to: to === undefined ? undefined : new Date(to),
      });
    },
  );

  app.get(
    '/clusters/:name/events',
    {
      schema: {
        operationId: 'followCluster',
        tags,
        summary: 'Follow the events of a cluster',
        description:
          'Server-sent events: changes of conditions and roles. The id of an event is its sequence, so a client that reconnects with Last-Event-ID misses none.',
        params: clusterParamsSchema,
        querystring: clusterEventsQuerySchema,
        headers: lastEventIdHeaders,
        response: { ...eventFrames, ...problems(...ofCluster, 'TOO_MANY_STREAMS') },
      },
    },
    async (request, reply) => {
      const after = lastEventId(request.headers['last-event-id']) ?? request.query.after ?? null;
      const stop = new AbortController();
      const events = await observations.follow(request.params.name, {
        after,
        isEndless: request.query.follow !== 'false',
        signal: stop.signal,
      });
      return streams.send(request, reply, (signal) => stoppedBy(events, stop, signal));
    },
  );

  app.get(
    '/events',
    {
      schema: {
        operationId: 'followClusters',
        tags,
        summary: 'Follow the events of all clusters',
        querystring: clusterEventsQuerySchema,
        headers: lastEventIdHeaders,
        response: { ...eventFrames, ...problems('INVALID_REQUEST', 'TOO_MANY_STREAMS') },
      },
    },
    async (request, reply) => {
      const after = lastEventId(request.headers['last-event-id']) ?? request.query.after ?? null;
      const stop = new AbortController();
      const events = await observations.follow(null, {
        after,
        isEndless: request.query.follow !== 'false',
        signal: stop.signal,
      });
      return streams.send(request, reply, (signal) => stoppedBy(events, stop, signal));
    },
  );
};

/** The cluster is read before the response begins, and therefore before its signal exists. */
function stoppedBy(
  events: AsyncIterable<ClusterEvent>,
  stop: AbortController,
  signal: AbortSignal,
): AsyncIterable<ClusterEvent> {
  signal.addEventListener('abort', () => stop.abort());
  if (signal.aborted) stop.abort();
  return events;
}
