import { z } from 'zod';
import { ROLES } from '../../core/cluster/topology.ts';
import type { ConnectionView } from '../../services/api.ts';
import { connectionExample } from './examples.ts';

const connectionPair = z.object({
  read_write: z.string().describe('Connects to the primary.'),
  read_only: z
    .string()
    .describe('Connects to a replica, or to the primary if no replica responds.'),
});

export const connectionSchema = z
  .object({
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
      .array(
        z.object({
          name: z.string(),
          role: z.enum(ROLES).nullable(),
          host: z.string(),
          port: z.int(),
          private_host: z.string().describe("Address inside the cluster's own network."),
          private_port: z.int(),
          uri: z.string(),
        }),
      )
      .describe('The primary of the last observation first. A witness is not listed.'),
    uri: z.string().describe('The same as `strings.libpq.read_write`.'),
    strings: z
      .object({
        libpq: connectionPair.describe('libpq: psql, psycopg and others.'),
        jdbc: connectionPair.describe('pgJDBC.'),
        sqlalchemy: connectionPair.describe('SQLAlchemy with psycopg.'),
      })
      .describe(
        'All nodes in one string. Each driver finds the primary or a replica, and tries the next node after 3 s.',
      ),
    observed_at: z
      .string()
      .describe('ISO 8601, UTC.')
      .nullable()
      .describe('When the roles were observed.'),
  })
  .meta({
    id: 'Connection',
    description: 'Everything that a client needs to connect to PostgreSQL, including the password.',
    examples: [connectionExample],
  }) satisfies z.ZodType<ConnectionView>;
