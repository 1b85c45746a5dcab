import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '../../../src/adapters/database/database.ts';
import { openEmbedded } from '../../../src/adapters/database/embedded.ts';
import { SmallDisk } from '../../support/small-disk.ts';

const DISK_MEBIBYTES = 160;
const DISK_FULL = expect.objectContaining({ code: 'DISK_FULL' });

let disk: SmallDisk;
let database: Database;
beforeAll(async () => {
  expect(process.getuid?.(), 'mounting a small file system needs root').toBe(0);
  disk = new SmallDisk(DISK_MEBIBYTES);
  database = await openEmbedded(join(disk.folder, 'data'));
  await sql`create table rows (text text)`.execute(database.db);
});
afterAll(async () => {
  await database?.close();
  disk?.remove();
});

const insert = (text: string) => sql`insert into rows values (${text})`.execute(database.db);
const texts = async () =>
  (await sql<{ text: string }>`select text from rows order by text`.execute(database.db)).rows.map(
    ({ text }) => text,
  );

it('reads while the disk is full, refuses to write, and writes again afterwards', async () => {
  await insert('a');
  disk.fill();
  await expect(insert('b')).rejects.toMatchObject({
    code: 'DISK_FULL',
    details: { path: expect.stringContaining(disk.folder), free_bytes: 0 },
  });
  const inside = database.db.transaction().execute(async (transaction) => {
    await sql`insert into rows values ('c')`.execute(transaction);
  });
  await expect(inside).rejects.toThrow(DISK_FULL);
  expect(await texts()).toEqual(['a']);
  disk.free();
  await insert('d');
  expect(await texts()).toEqual(['a', 'd']);
});

it('opens the database again after a panic of PostgreSQL, with every row', async () => {
  disk.fill();
  // Logged, but not a write by its text, so nothing refuses it before the log cannot grow.
  const megabyte = 'x'.repeat(2 ** 20);
  const log = async () => {
    for (let count = 0; count < 40; count++) {
      await sql`select pg_logical_emit_message(true, 'test', ${megabyte})`.execute(database.db);
    }
  };
  await expect(log()).rejects.toMatchObject({ code: '53100', severity: 'PANIC' });
  await expect(texts()).rejects.toThrow(DISK_FULL);
  const inside = database.db.transaction().execute(async (transaction) => {
    await sql`insert into rows values ('e')`.execute(transaction);
  });
  await expect(inside).rejects.toThrow(DISK_FULL);
  disk.free();
  expect(await texts()).toEqual(['a', 'd']);
  await database.db.transaction().execute(async (transaction) => {
    await sql`insert into rows values ('f')`.execute(transaction);
  });
  expect(await texts()).toEqual(['a', 'd', 'f']);
});
