/**
 * Connects with node-postgres, which takes one host in a URI: it tries the nodes of
 * `GET …/connection` in turn and prints whether the node is in recovery, `t` or `f`.
 *
 *   node query.ts <URL of …/connection> primary|replica
 */
import { Client } from 'pg';

interface Connection {
  user: string;
  password: string;
  database: string;
  ca_certificate: string;
  nodes: { host: string; port: number }[];
}

const CONNECT_TIMEOUT_MS = 3_000;
const [url = '', wanted = 'primary'] = process.argv.slice(2);
const {
  user,
  password,
  database,
  ca_certificate: ca,
  nodes,
} = (await (await fetch(url)).json()) as Connection;

async function connect(): Promise<Client> {
  for (const { host, port } of nodes) {
    const client = new Client({
      ...{ host, port, user, password, database, ssl: { ca } },
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    // A connection that breaks later is an event, which ends the process if nothing handles it.
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows } = await client.query('SELECT pg_is_in_recovery() AS replica');
      if (rows[0].replica === (wanted === 'replica')) return client;
      await client.end();
    } catch {
      // This node does not respond. The next one may.
      await client.end().catch(() => {});
    }
  }
  throw new Error(`no ${wanted} responds at ${nodes.map(({ host }) => host).join(', ')}`);
}

const client = await connect();
const { rows } = await client.query('SELECT pg_is_in_recovery() AS replica');
console.log(rows[0].replica ? 't' : 'f');
await client.end();
