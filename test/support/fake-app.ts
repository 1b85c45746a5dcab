import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import type { AccessSettings } from '../../src/http/server/access.ts';
import { type AppOptions, buildApp } from '../../src/http/server/app.ts';
import { TARGET_CONTRACTS } from '../../src/targets/configuration.ts';
import { described } from './described.ts';
import {
  FakeClusters,
  FakeIdempotency,
  FakeMetrics,
  FakeOperations,
  FakeReadiness,
  FakeRecords,
  fakeObservations,
  fakeWebhooks,
} from './fake-services.ts';

export interface FakeApp {
  app: FastifyInstance;
  clusters: FakeClusters;
  operations: FakeOperations;
  readiness: FakeReadiness;
  post(
    url: string,
    body?: unknown,
    headers?: InjectOptions['headers'],
  ): Promise<LightMyRequestResponse>;
}

/** The real HTTP side over fake services. Answers that differ from openapi.json fail the test. */
export async function fakeApp(
  config: Partial<AccessSettings> = {},
  more: Partial<AppOptions> = {},
): Promise<FakeApp> {
  const clusters = new FakeClusters();
  const operations = new FakeOperations();
  const readiness = new FakeReadiness();
  const built = await buildApp({
    clusters,
    operations,
    records: new FakeRecords(),
    observations: fakeObservations,
    webhooks: fakeWebhooks,
    orphans: { list: async () => ({ regions: [], failures: [], orphans: [] }) },
    parameters: { list: async () => ({ parameters: [], unreachable: [] }) },
    idempotency: new FakeIdempotency(),
    metrics: new FakeMetrics(),
    readiness,
    targets: TARGET_CONTRACTS,
    config: { token: null, allowedHosts: [], ...config },
    localCallers: null,
    mismatch: 'throw',
    ...more,
  });
  const app = more.mismatch === 'log' ? built : described(built);
  const post: FakeApp['post'] = (url, body, headers = {}) =>
    app.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined
        ? {}
        : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  return { app, clusters, operations, readiness, post };
}
