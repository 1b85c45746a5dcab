import { execFile, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeImage } from '../support/ansible-workspace.ts';
import { waitFor } from '../support/wait-for.ts';

const run = promisify(execFile);
const PACKAGE = resolve(import.meta.dirname, '../../node/hathi_node');
const DIRECTORY = '/var/lib/hathi/trial';

/** A message that names no parameter is attributed by what differs from the last accepted values. */
const ACCEPTED = { max_connections: '50', work_mem: '5MB' };

interface Trial {
  changed: boolean;
  problem?: string;
  rejected?: { parameter: string | null; value: string | null; reason: string };
}

/** The verb alone, in a container of the node image that runs nothing else. */
describe('the trial of a configuration on a node', () => {
  let container: string;

  beforeAll(async () => {
    const image = await nodeImage('trixie');
    const words = ['run', '--detach', '--rm', '--init', '--entrypoint', 'sleep', image, '600'];
    container = (await run('docker', words)).stdout.trim();
    await run('docker', ['cp', PACKAGE, `${container}:/opt/hathi_node`]);
  });
  afterAll(async () => {
    if (container) await run('docker', ['rm', '--force', '--volumes', container]);
  });

  const shell = async (line: string) =>
    (await run('docker', ['exec', container, 'sh', '-euc', line])).stdout.trim();

  const payload = (parameters: Record<string, string>, node: string) =>
    JSON.stringify({
      verb: 'try-configuration',
      files: [],
      check_mode: false,
      arguments: {
        name: node,
        first: 'orders-1',
        version: '17',
        data_directory: '/var/lib/postgresql/17/main',
        parameters,
      },
    });

  function program(parameters: Record<string, string>, node: string) {
    const words = [
      'exec',
      '--interactive',
      '--workdir',
      '/opt',
      container,
      'python3',
      '-m',
      'hathi_node',
    ];
    const child = spawn('docker', words, { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(payload(parameters, node));
    return child;
  }

  async function tried(parameters: Record<string, string>, node = 'orders-1'): Promise<Trial> {
    const child = program(parameters, node);
    let out = '';
    for await (const chunk of child.stdout) out += chunk;
    return JSON.parse(out) as Trial;
  }

  /** Processes of PostgreSQL in the container. */
  const processes = () =>
    shell("ps -eo args | grep '[/]bin/postgres -D' || true").then((text) =>
      text.split('\n').filter(Boolean),
    );

  it('leaves nothing but the template behind, and tests a configuration once', async () => {
    expect(await tried(ACCEPTED)).toEqual({ changed: false });
    expect((await shell(`ls ${DIRECTORY}`)).split('\n')).toEqual([
      'accepted',
      'lock',
      'log',
      'template-17',
    ]);
    expect(await shell(`stat -c '%a %U' ${DIRECTORY}`)).toBe('700 postgres');
    expect(await processes()).toEqual([]);
    const log = await shell(`stat -c %y ${DIRECTORY}/log`);
    expect(await tried(ACCEPTED)).toEqual({ changed: false });
    expect(await shell(`stat -c %y ${DIRECTORY}/log`)).toBe(log);
  });

  it.each([
    ['log_timezone', 'Mars/Base', /invalid value for parameter "log_timezone"/],
    ['search_path', "x'; $(id); \\\\", /invalid value for parameter "search_path"/],
    ['shared_preload_libraries', 'no_such', /could not access file "no_such"/],
    // Seen only by a session.
    ['session_preload_libraries', 'no_such', /^could not access file "no_such"/],
    ['unix_socket_permissions', '0', /Permission denied/],
    // Seen only by a standby.
    ['default_transaction_isolation', 'serializable', /cannot use serializable mode/],
    // PostgreSQL starts with these and drops the value.
    ['default_text_search_config', 'pg_catalog.klingon', /could not be applied/],
    // Replaced in the trial, so tested in another way.
    ['log_destination', 'nowhere', /invalid value for parameter "log_destination"/],
  ])('rejects %s = %s by what PostgreSQL reports', async (name, value, reason) => {
    const { rejected } = await tried({ ...ACCEPTED, [name]: value });
    expect(rejected).toEqual({ parameter: name, value, reason: expect.stringMatching(reason) });
    expect(await processes()).toEqual([]);
  });

  it('names a directory in which the log cannot be written, and leaves no log there', async () => {
    const log = { logging_collector: 'on', log_directory: '/root/log' };
    expect((await tried(log)).rejected).toMatchObject({ parameter: 'log_directory' });
    expect((await tried({ ...log, log_directory: '/var/log/postgresql' })).rejected).toBe(
      undefined,
    );
    expect(await shell('ls /var/log/postgresql')).toBe('');
  });

  it('takes values with quotes, backslashes and other alphabets as they are', async () => {
    const value = `%m [%p] 'it' \\ \\n "q" $HOME é🐘 #`;
    expect(await tried({ log_line_prefix: value, 'app.motto': value })).toEqual({ changed: false });
  });

  it('leaves the later nodes of a new cluster alone', async () => {
    expect(await tried({ log_timezone: 'Mars/Base' }, 'orders-2')).toEqual({ changed: false });
  });

  it('ends its PostgreSQL when it is killed, and clears what is left at the next trial', async () => {
    const child = program({ max_connections: '60', pre_auth_delay: '20' }, 'orders-1');
    await waitFor('the scratch PostgreSQL', 30, async () => (await processes()).length > 0);
    await shell(`pkill -KILL -f '[m] hathi_node'`);
    child.kill();
    await waitFor('its end', 10, async () => (await processes()).length === 0);
    expect(await shell(`ls ${DIRECTORY}`)).toContain('data');
    expect(await tried({ max_connections: '70' })).toEqual({ changed: false });
    expect(await shell(`ls ${DIRECTORY}`)).not.toContain('data');
  });

  it('runs one trial at a time', async () => {
    const [one, other] = await Promise.all([
      tried({ max_connections: '80' }),
      tried({ max_connections: '81', log_timezone: 'Mars/Base' }),
    ]);
    expect(one).toEqual({ changed: false });
    expect(other.rejected).toMatchObject({ parameter: 'log_timezone' });
  });
});
