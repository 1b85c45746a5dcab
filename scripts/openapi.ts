/** Writes `openapi.json` from the routes; `--check` compares it. */
import type { OpenAPIV3_1 } from 'openapi-types';
import { buildApp } from '../src/http/server/app.ts';
import { TARGET_CONTRACTS } from '../src/targets/configuration.ts';
import { keepFiles } from './keep-files.ts';

/** The document as it is served. No route is called, so no service is needed. */
export async function openApiDocument(): Promise<OpenAPIV3_1.Document> {
  const app = await buildApp({
    clusters: {} as never,
    operations: {} as never,
    records: {} as never,
    observations: {} as never,
    webhooks: {} as never,
    orphans: {} as never,
    parameters: {} as never,
    idempotency: {} as never,
    metrics: {} as never,
    readiness: { checks: async () => [] },
    targets: TARGET_CONTRACTS,
    config: { token: null, allowedHosts: [] },
    localCallers: null,
  });
  const document = app.swagger() as OpenAPIV3_1.Document;
  await app.close();
  return document;
}

export async function openApiFiles(): Promise<Map<string, string>> {
  const document = await openApiDocument();
  return new Map([['openapi.json', `${JSON.stringify(document, null, 2)}\n`]]);
}

if (import.meta.main) await keepFiles(import.meta.filename, await openApiFiles());
