import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // Only local clusters have a block of addresses and ports of this machine.
  'alter table clusters alter column network_index drop not null',

  // The account of a plan, the findings of the preflight, and the estimated cost.
  'alter table plans add column context json',

  // Each node now has the network of its address. Earlier nodes were all local, in networks of 24
  // bits.
  `update clusters set nodes = (
     select json_agg(node.value::jsonb || jsonb_build_object(
       'subnet', regexp_replace(node.value ->> 'address', '[0-9]+$', '0/24'),
       'zone', null,
       'instance_id', null
     )) from json_array_elements(clusters.nodes) as node
   ) where nodes is not null`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
