import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Database } from '../../../src/adapters/database/database.ts';
import { openEmbedded } from '../../../src/adapters/database/embedded.ts';
import { migrate } from '../../../src/adapters/database/migrate.ts';
import { SqlUnitOfWork } from '../../../src/adapters/database/sql-unit-of-work.ts';

const CLUSTER = '01940000-0000-7000-8000-0000000000aa';
const OPERATION = '01940000-0000-7000-8000-000000000001';
const VERIFICATION = '01940000-0000-7000-8000-000000000002';

/** Records as the version before the stages became data wrote them. */
const RECORDS = [
  `insert into clusters (id, name, site, spec, spec_revision, infrastructure_revision, network_index, labels, deletion_protection)
    values ('${CLUSTER}', 'old', 'abc123', '{"name": "old"}', 1, 1, 0, '{}', false)`,
  `insert into operations (id, cluster_id, kind, state, input, approval)
    values ('${OPERATION}', '${CLUSTER}', 'create-cluster', 'awaiting-approval', '{}', 'manual'),
           ('${VERIFICATION}', '${CLUSTER}', 'verify-replication', 'succeeded', '{}', 'automatic')`,
  `insert into stages (operation_id, name, position, state)
    values ('${OPERATION}', 'plan-terraform', 0, 'succeeded'),
           ('${OPERATION}', 'apply-terraform', 1, 'pending'),
           ('${VERIFICATION}', 'verify-replication', 0, 'succeeded')`,
  `insert into children (operation_id, stage, name, attempt, folder)
    values ('${OPERATION}', 'apply-terraform', 'terraform-apply', 1, '/folder')`,
  `insert into events (operation_id, sequence, attempt, at, type, stage, data)
    values ('${OPERATION}', 1, 1, now(), 'operation.running', null, '{}'),
           ('${OPERATION}', 2, 1, now(), 'stage.started', 'apply-terraform', '{}'),
           ('${OPERATION}', 3, 1, now(), 'terraform.resource', 'apply-terraform',
             '{"address": "module.cluster.aws_instance.node[\\"old-2\\"]", "action": "create", "status": "completed"}'),
           ('${OPERATION}', 4, 1, now(), 'terraform.resource', 'apply-terraform',
             '{"address": "module.cluster.aws_subnet.public[\\"eu-west-1a\\"]", "action": "create", "status": "completed"}')`,
];

let folder: string;
let database: Database;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hathi-migration-'));
  database = await openEmbedded(folder);
});
afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

it('keeps the operations, children and events of an older version', async () => {
  await migrate(database.db, '0006-applied-specs');
  for (const record of RECORDS) await sql.raw(record).execute(database.db);
  await migrate(database.db);

  const { operations } = new SqlUnitOfWork(database.db).direct;
  const operation = await operations.get(OPERATION);
  expect(operation).toMatchObject({ access: 'change', run_after: null });
  expect(operation.stages).toMatchObject([
    { name: 'plan-terraform', position: 0, node: null, needs_approval: false },
    { name: 'apply-terraform', position: 1, node: null, needs_approval: true },
  ]);
  expect(await operations.get(VERIFICATION)).toMatchObject({ access: 'read' });
  expect(await operations.child(OPERATION, 1, 'terraform-apply')).toMatchObject({
    folder: '/folder',
  });
  const events = await operations.eventsAfter(OPERATION, 0, 10);
  expect(events.map(({ stage, position }) => [stage, position])).toEqual([
    [null, null],
    ['apply-terraform', 1],
    ['apply-terraform', 1],
    ['apply-terraform', 1],
  ]);
  // Clients of this version read the node from the event, and parse no address.
  expect(events.slice(2).map(({ data }) => data)).toMatchObject([
    { node: 'old-2', action: 'create', status: 'completed' },
    { node: null, status: 'completed' },
  ]);
});
