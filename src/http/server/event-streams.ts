import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { HathiError } from '../../core/errors.ts';
import type { MetricsService } from '../../services/server/metrics-service.ts';
import type { CallerSignals } from './caller-signal.ts';
import { framesOf } from './event-frames.ts';
import { type RequestLimits, StreamCount } from './request-limits.ts';

export interface EventStreamOptions {
  callers: CallerSignals;
  metrics: MetricsService;
  limits: RequestLimits;
  callerKey(request: FastifyRequest): string;
  /** For tests; default: HEARTBEAT_SECONDS. */
  heartbeatSeconds?: number;
  /** For tests; default: MOST_STREAMS. */
  mostStreams?: number;
}

/** Sends event streams, and limits their number. */
export interface EventStreams {
  /**
   * Counts the stream, then opens and sends it.
   * @param open called with a signal that is aborted when the caller disconnects
   * @throws TOO_MANY_STREAMS
   */
  send(
    request: FastifyRequest,
    reply: FastifyReply,
    open: (signal: AbortSignal) => AsyncIterable<{ sequence: number }>,
  ): FastifyReply;
}

/** An open stream costs memory on the server, also if its client does not read it. */
const MOST_STREAMS = 1_000;

/** A sequence. An empty text means no sequence. */
const LAST_EVENT_ID = /^\d{0,15}$/;

/** All streams of a server are counted together. */
export function createEventStreams(options: EventStreamOptions): EventStreams {
  const { callers, metrics } = options;
  const count = new StreamCount(options.mostStreams ?? MOST_STREAMS, options.limits);
  return {
    send(request, reply, open) {
      // Counted synchronously, without an await before it.
      const caller = options.callerKey(request);
      count.take(caller);
      metrics.streamOpened();
      reply.raw.once('close', () => {
        count.giveBack(caller);
        metrics.streamClosed();
      });
      const frames = framesOf(open(callers.of(reply)), options.heartbeatSeconds);
      return reply
        .header('content-type', 'text/event-stream; charset=utf-8')
        .header('cache-control', 'no-store')
        .header('x-accel-buffering', 'no')
        .send(Readable.from(frames, { highWaterMark: 1 }) as never);
    },
  };
}

export const lastEventIdHeaders = z.looseObject({
  'last-event-id': z
    .string()
    .optional()
    .describe('Sequence of the last event that the client received.')
    .meta({ pattern: LAST_EVENT_ID.source }),
});

/** @throws INVALID_REQUEST if it is not a sequence; an empty header means none */
export function lastEventId(header: string | undefined): number | null {
  if (header === undefined || header === '') return null;
  if (LAST_EVENT_ID.test(header)) return Number(header);
  const message = `Last-Event-ID must be the sequence of an event, not ${JSON.stringify(header)}.`;
  throw new HathiError('INVALID_REQUEST', message, {
    errors: [{ path: '/last-event-id', message, expected: 'a whole number of at least 0' }],
  });
}
