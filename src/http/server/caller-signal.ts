import type { FastifyInstance, FastifyReply } from 'fastify';

/** Reason why the server stops waiting for a request. */
export type Departure = 'caller-left' | 'server-stopping';

/** Signals a waiting route that its caller has disconnected. */
export interface CallerSignals {
  /** Aborted with a Departure when the caller disconnects or the server stops. */
  of(reply: FastifyReply): AbortSignal;
}

/** Requests can wait for minutes, and the server must be able to stop during that time. */
export function watchCallers(app: FastifyInstance): CallerSignals {
  const waiting = new Set<AbortController>();
  let stopping = false;
  app.addHook('preClose', async () => {
    stopping = true;
    for (const controller of waiting) controller.abort('server-stopping' satisfies Departure);
  });
  // Fastify closes the connections that are idle when it stops. Those that become idle afterwards
  // would keep the server alive until their keep-alive timeout.
  app.addHook('onSend', async (_request, reply, payload) => {
    if (stopping) reply.header('connection', 'close');
    return payload;
  });
  return {
    of(reply) {
      const controller = new AbortController();
      if (stopping) controller.abort('server-stopping' satisfies Departure);
      waiting.add(controller);
      reply.raw.once('close', () => {
        waiting.delete(controller);
        controller.abort('caller-left' satisfies Departure);
      });
      return controller.signal;
    },
  };
}
