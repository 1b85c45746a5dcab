import { type Kysely, sql } from 'kysely';

const UNFINISHED = `state in ('queued', 'running', 'awaiting-approval', 'cancelling')`;

const STATEMENTS = [
  // The position identifies a stage, so that an operation can contain one stage several times.
  `alter table stages
    add column node text,
    add column needs_approval boolean not null default false,
    add column run_after timestamptz`,
  `update stages set needs_approval = true where name = 'apply-terraform'`,
  'alter table stages drop constraint stages_pkey, add primary key (operation_id, position)',

  'alter table children add column position integer',
  `update children set position = stages.position from stages
    where stages.operation_id = children.operation_id and stages.name = children.stage`,
  'alter table children drop constraint children_pkey',
  `alter table children alter column position set not null, drop column stage,
    add primary key (operation_id, position, name)`,

  'alter table events add column position integer',
  `update events set position = stages.position from stages
    where stages.operation_id = events.operation_id and stages.name = events.stage`,

  // At most one change and one copy per cluster. Reads run in parallel to both, at most one per
  // kind.
  `alter table operations add column access text not null default 'change', add column run_after timestamptz`,
  `update operations set access = 'read' where kind = 'verify-replication'`,
  'drop index operations_one_unfinished',
  `create unique index operations_one_change on operations (cluster_id)
    where access = 'change' and ${UNFINISHED}`,
  `create unique index operations_one_copy on operations (cluster_id)
    where access = 'copy' and ${UNFINISHED}`,
  `create unique index operations_one_read_of_kind on operations (cluster_id, kind)
    where access = 'read' and ${UNFINISHED}`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
