import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand } from '../../src/adapters/process/run-command.ts';
import { freePort, startPostgres, type TestPostgres } from '../support/postgres-server.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const CLI = new URL('../../src/cli/main.ts', import.meta.url).pathname;

/** Every way in which a person starts the server; the container runs `hathi serve`. */
const ENTRIES = {
  'node src/main.ts': [MAIN],
  'hathi serve': [CLI, 'serve'],
  'hathi serve --detach': [CLI, 'serve', '--detach'],
};
/** The failures of the entries that share everything but the reading of the settings with the first. */
const FIRST_AND_LAST = ['no token', 'a port in use'];

let folder: string;
let postgres: TestPostgres;
let taken: ReturnType<typeof createServer>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hathi-start-'));
  postgres = await startPostgres();
  taken = createServer().listen(await freePort(), '127.0.0.1');
});
afterAll(async () => {
  taken?.close();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

const takenPort = () => String((taken.address() as { port: number }).port);

/** From the first check of the settings to the last step of a start. */
const FAILURES: [string, () => Record<string, string> | Promise<Record<string, string>>, RegExp][] =
  [
    ['no token', () => ({ HATHI_HOST: '0.0.0.0' }), /TOKEN_REQUIRED: .*HATHI_TOKEN/],
    ['a wrong setting', () => ({ HATHI_WORKERS: '0' }), /CONFIGURATION_INVALID: HATHI_WORKERS/],
    [
      'a file for a data directory',
      async () => {
        await writeFile(join(folder, 'file'), '');
        return { HATHI_DATA_DIR: join(folder, 'file') };
      },
      /CONFIGURATION_INVALID: The data directory .*HATHI_DATA_DIR/,
    ],
    [
      'no database',
      () => ({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }),
      /DATABASE_UNAVAILABLE: .*ECONNREFUSED/,
    ],
    ['a wrong master key', () => ({ HATHI_MASTER_KEY: 'short' }), /CONFIGURATION_INVALID: .*key/],
    ['a port in use', () => ({ HATHI_PORT: takenPort() }), /PORT_IN_USE: .*HATHI_PORT=/],
  ];

it.each(Object.entries(ENTRIES))(
  '%s says in one sentence why it does not start',
  async (_name, words) => {
    const detached = words.includes('--detach');
    const failures = FAILURES.filter(
      ([what]) => words.length === 1 || FIRST_AND_LAST.includes(what),
    );
    const check = async ([what, settings, sentence]: (typeof FAILURES)[number], index: number) => {
      const { exitCode, stderr, stdout } = await runCommand(process.execPath, words, {
        env: {
          PATH: process.env.PATH ?? '',
          HOME: folder,
          NO_COLOR: '1',
          HATHI_PORT: String(await freePort()),
          HATHI_DATA_DIR: join(folder, `data-${words.length}-${index}`),
          DATABASE_URL: postgres.url,
          HATHI_LOG_LEVEL: 'fatal',
          ...(await settings()),
        },
        timeoutSeconds: 90,
      });
      const shown = `${what}: ${stdout}${stderr}`;
      expect(exitCode, shown).toBe(1);
      expect(stderr, shown).toMatch(sentence);
      expect(stderr, shown).not.toMatch(/^ +at .*:\d+/m);
      expect(stderr, shown).not.toMatch(/Warning|node:internal/);
      // In the background the sentence stands between what the command itself reports.
      if (!detached) expect(stderr.trim().split('\n'), shown).toHaveLength(1);
    };
    await Promise.all(failures.map(check));
  },
);
