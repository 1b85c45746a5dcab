import { z } from 'zod';
import { instantSchema } from '../instant.ts';
import { roleSchema } from './topology.ts';

const connectionPair = z.object({
  read_write: z.string().describe('Connects to the primary.'),
  read_only: z
    .string()
    .describe('Connects to a replica, or to the primary if no replica responds.'),
});

/** Connection strings of each driver. */
export const connectionStringsSchema = z.object({
  libpq: connectionPair.describe('libpq and its descendants: psql, psycopg, pgx, tokio-postgres.'),
  jdbc: connectionPair.describe('pgJDBC.'),
  sqlalchemy: connectionPair.describe('SQLAlchemy with psycopg.'),
});
export type ConnectionStrings = z.infer<typeof connectionStringsSchema>;

const connectionNodeSchema = z.object({
  name: z.string(),
  role: roleSchema.nullable(),
  host: z.string(),
  port: z.int(),
  private_host: z.string().describe("Address inside the cluster's own network."),
  private_port: z.int(),
  uri: z.string(),
});

/** Everything that a client needs to connect; the only document that contains a password. */
export const connectionSchema = z.object({
  cluster: z.string(),
  user: z.string(),
  password: z.string(),
  database: z.string(),
  ca_certificate: z
    .string()
    .describe('CA certificate in PEM format; save it to a file on the machine of the client.'),
  ca_certificate_path: z
    .string()
    .nullable()
    .describe(
      'Path of the same certificate on the machine of the server; the strings refer to it.',
    ),
  nodes: z
    .array(connectionNodeSchema)
    .describe('The primary of the last observation first. A witness is not listed.'),
  uri: z.string().describe('The same as `strings.libpq.read_write`.'),
  strings: connectionStringsSchema.describe(
    'All nodes in one string. Each driver finds the primary or a replica, and tries the next node after 3 s.',
  ),
  observed_at: instantSchema.nullable().describe('When the roles were observed.'),
});
export type Connection = z.infer<typeof connectionSchema>;
