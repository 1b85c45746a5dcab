import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ID_PREFIX_PATTERN, type RecordKind, SHORTEST_PREFIX } from '../../core/record-id.ts';
import type { RecordService } from '../../services/records/record-service.ts';

const LONGEST_ID = 36;

/** The schema of an id in a request. @param of e.g. `the operation` */
export function idSchema(of: string) {
  return z
    .string()
    .max(LONGEST_ID)
    .regex(ID_PREFIX_PATTERN)
    .describe(`Id of ${of}, or at least its first ${SHORTEST_PREFIX} characters.`);
}

const KIND_OF_ROUTE: readonly [RegExp, RecordKind][] = [
  [/\/operations\/:id(\/|$)/, 'operation'],
  [/\/plans\/:id(\/|$)/, 'plan'],
  [/\/reports\/:id(\/|$)/, 'report'],
];

/** Replaces the prefix of an id by the complete id, in the path and in `plan_id` of the body. */
export function completeIds(app: FastifyInstance, records: Pick<RecordService, 'idOf'>): void {
  app.addHook('preHandler', async (request) => {
    const route = request.routeOptions.url ?? '';
    const kind = KIND_OF_ROUTE.find(([pattern]) => pattern.test(route))?.[1];
    const params = request.params as { id?: string };
    if (kind && params.id !== undefined) params.id = await records.idOf(kind, params.id);
    const body = request.body as { plan_id?: unknown } | null | undefined;
    if (typeof body?.plan_id === 'string') body.plan_id = await records.idOf('plan', body.plan_id);
  });
}
