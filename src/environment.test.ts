import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { PASSED, serverEnvironmentOf, toolEnvironmentOf } from './environment.ts';

/** Variables that change the result of a program. */
const HOSTILE = {
  LANG: 'de_DE.UTF-8',
  LANGUAGE: 'de',
  LC_ALL: 'en_US.UTF-8',
  LC_MESSAGES: 'de_DE.UTF-8',
  LC_CTYPE: 'POSIX',
  TZ: 'Nowhere/None',
  LD_PRELOAD: '/nonexistent.so',
  LD_LIBRARY_PATH: '/nonexistent',
  BASH_ENV: '/nonexistent',
  ENV: '/nonexistent',
  PYTHONHOME: '/nonexistent',
  PYTHONPATH: '/nonexistent',
  PYTHONSTARTUP: '/nonexistent',
  PYTHONWARNINGS: 'error',
  ANSIBLE_CONFIG: '/nonexistent',
  ANSIBLE_CHECK_MODE: '1',
  ANSIBLE_INVENTORY: '/nonexistent',
  ANSIBLE_HOST_KEY_CHECKING: 'False',
  ANSIBLE_VAULT_PASSWORD_FILE: '/nonexistent',
  TF_CLI_ARGS: '-bogus',
  TF_CLI_ARGS_plan: '-refresh=false',
  TF_DATA_DIR: '/nonexistent',
  TF_LOG: 'trace',
  TF_VAR_operation_id: 'forged',
  TF_WORKSPACE: 'other',
  TF_PLUGIN_CACHE_DIR: '/nonexistent',
  TF_REATTACH_PROVIDERS: '{}',
  GIT_DIR: '/nonexistent',
  GIT_SSH_COMMAND: 'false',
  SSH_AUTH_SOCK: '/nonexistent',
  SSH_ASKPASS: 'false',
  DOCKER_DEFAULT_PLATFORM: 'linux/s390x',
  DOCKER_CONTENT_TRUST: '1',
  DOCKER_BUILDKIT: '0',
  AWS_DEFAULT_OUTPUT: 'text',
  AWS_PAGER: 'less',
  PGHOST: 'nowhere.invalid',
  PGHOSTADDR: '192.0.2.1',
  PGPORT: '1',
  PGUSER: 'nobody',
  PGDATABASE: 'nothing',
  PGPASSWORD: 'wrong',
  PGSSLMODE: 'verify-full',
  PGOPTIONS: '-c default_transaction_read_only=on',
  PGSERVICE: 'none',
  PGTZ: 'Mars',
  NODE_OPTIONS: '--max-old-space-size=8',
  NODE_TLS_REJECT_UNAUTHORIZED: '0',
  NODE_PG_FORCE_NATIVE: '1',
  GITHUB_TOKEN: 'x',
  HATHI_TOKEN: 'a-token-of-a-test',
  DATABASE_URL: 'postgres://u:p@h/d',
};

const DOCUMENTED = {
  ...Object.fromEntries(PASSED.flatMap(({ names }) => names).map((name) => [name, 'x'])),
  AWS_ENDPOINT_URL_S3: 'http://localhost',
};

it('passes the documented variables to programs, and a locale that always exists', () => {
  const passed = toolEnvironmentOf({ ...DOCUMENTED, ...HOSTILE });
  expect(passed).toEqual({ ...DOCUMENTED, LC_ALL: expect.stringContaining('UTF-8') });
});

it('passes the settings to a server in the background, and no variable of Node.js', () => {
  const { HATHI_TOKEN, DATABASE_URL } = HOSTILE;
  expect(serverEnvironmentOf({ ...DOCUMENTED, ...HOSTILE })).toEqual({
    ...DOCUMENTED,
    HATHI_TOKEN,
    DATABASE_URL,
  });
});

it('removes every other variable from the process', async () => {
  const program = `
    import { confineProcess, toolEnvironmentOf } from ${JSON.stringify(new URL('environment.ts', import.meta.url).href)};
    confineProcess(toolEnvironmentOf(process.env));
    console.log(JSON.stringify(process.env));`;
  // The variables of Node.js and of the loader act before any program can remove them.
  const { NODE_OPTIONS, LD_PRELOAD, LD_LIBRARY_PATH, ...env } = HOSTILE;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { env: { ...env, PATH: '/bin' } },
  );
  expect(JSON.parse(stdout)).toEqual({ PATH: '/bin', LC_ALL: expect.stringContaining('UTF-8') });
});
