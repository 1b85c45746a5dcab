import { type FastifyReply, type FastifyRequest, LogController } from 'fastify';

const READS = ['GET', 'HEAD'];

/**
 * One line for each request, after its response. A successful read is logged only at `debug`:
 * consoles and waiting pipelines send thousands of reads, and `/metrics` counts all requests.
 */
export class RequestLog extends LogController {
  override incomingRequest(): void {}

  override requestCompleted(
    error: Error | null | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void {
    const wentWell = !error && reply.statusCode < 400;
    // One line for each rejected request would let a flood of requests fill the disk.
    const isQuiet = (wentWell && READS.includes(request.method)) || reply.statusCode === 429;
    const level = error ? 'error' : isQuiet ? 'debug' : 'info';
    const line = { req: request, res: reply, responseTime: reply.elapsedTime };
    if (error) request.log.error({ ...line, err: error }, 'request errored');
    else request.log[level](line, 'request completed');
  }
}
