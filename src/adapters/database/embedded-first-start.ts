import { openPglite } from './embedded-instance.ts';

/** Run as a process of its own by `embedded.ts`: makes the database and ends. */
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: embedded-first-start.ts FOLDER');
const pglite = await openPglite(folder);
await pglite.close();
