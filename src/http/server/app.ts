import { randomUUID } from 'node:crypto';
import fastifySwagger from '@fastify/swagger';
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { LocalCallers } from '../../ports/local-callers.ts';
import type { TargetContract } from '../../ports/target.ts';
import type { ClusterService } from '../../services/clusters/cluster-service.ts';
import type { ObservationService } from '../../services/observation/observation-service.ts';
import type { OperationService } from '../../services/operations/operation-service.ts';
import type { OrphanService } from '../../services/orphans/orphan-service.ts';
import type { ParameterService } from '../../services/parameters/parameter-service.ts';
import type { RecordService } from '../../services/records/record-service.ts';
import type { IdempotencyService } from '../../services/server/idempotency-service.ts';
import type { MetricsService } from '../../services/server/metrics-service.ts';
import type { ReadinessService } from '../../services/server/readiness-service.ts';
import type { WebhookService } from '../../services/webhooks/webhook-service.ts';
import { sendClientError, sendProblem } from '../errors/error-handler.ts';
import { openApiOptions } from '../openapi/openapi.ts';
import { clusterActionRoutes } from '../routes/cluster-actions.ts';
import { clusterRoutes } from '../routes/clusters.ts';
import { docsRoutes } from '../routes/docs.ts';
import { measureRequests, metricsRoutes } from '../routes/metrics.ts';
import { observationRoutes } from '../routes/observations.ts';
import { operationRoutes } from '../routes/operations.ts';
import { orphanRoutes } from '../routes/orphans.ts';
import { parameterRoutes } from '../routes/parameters.ts';
import { recordRoutes } from '../routes/records.ts';
import { serverRoutes } from '../routes/server.ts';
import { startPageRoutes } from '../routes/start-page.ts';
import { stepRoutes } from '../routes/steps.ts';
import { webhookRoutes } from '../routes/webhooks.ts';
import { type AccessSettings, callerKeyOf, guardAccess, HEALTH_PATH } from './access.ts';
import { watchCallers } from './caller-signal.ts';
import { createEventStreams } from './event-streams.ts';
import { rejectAmbiguousTargets } from './framing.ts';
import { respondOnce } from './idempotency.ts';
import { acceptJsonOnly, MAX_BODY_BYTES } from './json-body.ts';
import { rejectMisplacedToken } from './misplaced-token.ts';
import { handleUnknownRoutes } from './not-found.ts';
import { completeIds } from './record-ids.ts';
import { limitRate, NO_LIMITS, type RequestLimits, timeoutOptions } from './request-limits.ts';
import { RequestLog } from './request-log.ts';
import { type MismatchPolicy, serializerCompilerOf } from './serialization.ts';
import { validatorCompiler } from './validation.ts';

export interface AppOptions {
  clusters: ClusterService;
  operations: OperationService;
  records: RecordService;
  orphans: OrphanService;
  parameters: ParameterService;
  observations: ObservationService;
  webhooks: WebhookService;
  idempotency: IdempotencyService;
  metrics: MetricsService;
  readiness: ReadinessService;
  /** Targets that the API describes. */
  targets: readonly TargetContract[];
  config: AccessSettings & { limits?: RequestLimits };
  /** null: every local user is accepted without a token. */
  localCallers: LocalCallers | null;
  /** A pino logger; default: no log. */
  logger?: FastifyBaseLogger;
  /** Handling of a response that differs from its schema; default: `log`. */
  mismatch?: MismatchPolicy;
  heartbeatSeconds?: number;
  mostStreams?: number;
}

/** Limits the work of the router. The schemas validate names. */
const MAX_PATH_PART_LENGTH = 1_024;

/** Creates the HTTP server of Hathi, which does not listen yet. @see listen.ts */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const limits = options.config.limits ?? NO_LIMITS;
  const callerKey = callerKeyOf(options.config);
  const app = Fastify({
    ...timeoutOptions(limits),
    ...(options.logger ? { loggerInstance: options.logger } : {}),
    genReqId: () => randomUUID(),
    logController: new RequestLog(),
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: MAX_PATH_PART_LENGTH },
    clientErrorHandler: sendClientError,
    frameworkErrors: sendProblem,
    // Idle connections are closed immediately; CallerSignals ends the others.
    forceCloseConnections: 'idle',
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompilerOf(options.mismatch ?? 'log', app.log));
  rejectAmbiguousTargets(app);
  await limitRate(app, limits, callerKey, [HEALTH_PATH]);
  guardAccess(app, options.config, options.localCallers);
  const clean = rejectMisplacedToken(app, options.config.token);
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, clean));
  handleUnknownRoutes(app);
  acceptJsonOnly(app);
  measureRequests(app, options.metrics);
  respondOnce(app, options);
  completeIds(app, options.records);
  const callers = watchCallers(app);
  await app.register(fastifySwagger, openApiOptions);
  await app.register(serverRoutes, options);
  await app.register(metricsRoutes, options);
  await app.register(startPageRoutes, options);
  await app.register(docsRoutes);
  await app.register(stepRoutes, { ...options, callers });
  await app.register(clusterRoutes, { ...options, prefix: '/api/v1' });
  await app.register(clusterActionRoutes, { ...options, prefix: '/api/v1' });
  await app.register(orphanRoutes, { ...options, prefix: '/api/v1' });
  await app.register(parameterRoutes, { ...options, prefix: '/api/v1' });
  await app.register(recordRoutes, { ...options, prefix: '/api/v1' });
  const streams = createEventStreams({ ...options, callers, limits, callerKey });
  await app.register(operationRoutes, { ...options, streams, prefix: '/api/v1' });
  await app.register(webhookRoutes, { ...options, prefix: '/api/v1' });
  await app.register(observationRoutes, { ...options, streams, prefix: '/api/v1' });
  await app.ready();
  return app;
}
