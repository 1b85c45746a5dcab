/**
 * The least that Fastify does for the same bytes, for comparison: one route, no hooks, no log. With a
 * DATABASE_URL the bytes are read from PostgreSQL for each request, by one prepared statement.
 *
 *   node bench/bare-server.ts PORT FILE PATH
 */
import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import pg from 'pg';

const CONNECTIONS = 10;
const [port, file, path] = process.argv.slice(2) as [string, string, string];
const bytes = readFileSync(file, 'utf8');
const connectionString = process.env.DATABASE_URL;
let read = async () => bytes;
if (connectionString) {
  const pool = new pg.Pool({ connectionString, max: CONNECTIONS });
  await pool.query('create table if not exists bare (path text primary key, body text not null)');
  const insert =
    'insert into bare values ($1, $2) on conflict (path) do update set body = excluded.body';
  await pool.query(insert, [path, bytes]);
  read = async () => {
    const text = 'select body from bare where path = $1';
    const { rows } = await pool.query({ name: 'read', text, values: [path] });
    return rows[0].body;
  };
}
const app = Fastify();
app.get(path, async (_request, reply) => {
  reply.type('application/json; charset=utf-8');
  return await read();
});
await app.listen({ host: '127.0.0.1', port: Number(port) });
