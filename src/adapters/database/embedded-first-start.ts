import { openPglite } from './embedded-instance.ts';

/** Runs as a separate process of `embedded.ts`: creates the database and exits. */
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: embedded-first-start.ts FOLDER');
const pglite = await openPglite(folder);
await pglite.close();
