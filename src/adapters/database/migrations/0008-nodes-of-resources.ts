import { type Kysely, sql } from 'kysely';

/** Events of Terraform resources contain the node, so that clients do not parse addresses. */
const NODE_OF_ADDRESS = `
  update events
  set data = (data::jsonb || jsonb_build_object(
    'node', substring(data->>'address' from '\\["([a-z][a-z0-9-]*-[0-9]+)"\\]$')
  ))::json
  where type = 'terraform.resource'`;

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(NODE_OF_ADDRESS).execute(db);
}
