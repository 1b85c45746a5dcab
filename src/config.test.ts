import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { isLoopback, readConfig, SETTINGS } from './config.ts';
import { ERROR_CODES, type HathiError } from './core/errors.ts';

const directory = mkdtempSync(join(tmpdir(), 'hathi-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

const TOKEN = 'a-token-that-only-tests-know';

function refusal(environment: Record<string, string>): HathiError {
  try {
    readConfig(environment);
  } catch (error) {
    expect(Object.keys(ERROR_CODES)).toContain((error as HathiError).code);
    return error as HathiError;
  }
  throw new Error('nothing was refused');
}

/** Locale of the programs; any UTF-8 locale. */
const LOCALE = expect.stringContaining('UTF-8');

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

test('without variables every setting has its default', () => {
  expect(readConfig({ HOME: '/home/a' })).toEqual({
    host: 'localhost',
    port: 5_000,
    token: null,
    allowedHosts: [],
    localCallers: 'owner',
    dataDirectory: '/home/a/.local/share/hathi',
    databaseUrl: null,
    target: 'local',
    masterKey: null,
    terraformPath: null,
    terraformCliConfigPath: null,
    targets: { aws: { settings: {}, regions: [] }, warnings: [] },
    nodeReadySeconds: 600,
    ansiblePlaybookPath: null,
    logLevel: 'info',
    workers: 4,
    leaseSeconds: 15,
    limits: { requestsPerSecond: 500, streamsPerCaller: 200, requestSeconds: 30 },
    webhookNetworks: [],
    toolEnvironment: { HOME: '/home/a', LC_ALL: LOCALE },
    warnings: [],
  });
  expect(readConfig({ HATHI_PORT: '', DATABASE_URL: '' })).toMatchObject({ port: 5_000 });
});

test('every variable is read', () => {
  const token = file('token', `${TOKEN}\n`);
  const key = file('key', 'a2V5\n');
  const config = readConfig({
    HATHI_HOST: '[::1]',
    HATHI_PORT: '0',
    HATHI_TOKEN_FILE: token,
    HATHI_ALLOWED_HOSTS: 'a.internal, b.internal,',
    HATHI_LOCAL_CALLERS: 'strict',
    HATHI_DATA_DIR: '/data',
    DATABASE_URL: 'postgresql://u:p@h/d',
    HATHI_TARGET: 'aws',
    HATHI_MASTER_KEY_FILE: key,
    HATHI_TERRAFORM: '/bin/tofu',
    HATHI_TERRAFORM_CLI_CONFIG: '/etc/terraformrc',
    HATHI_AWS: '{"connection": "private"}',
    HATHI_AWS_REGIONS: 'eu-central-9',
    HATHI_NODE_READY_SECONDS: '60',
    AWS_REGION: 'eu-central-1',
    HATHI_ANSIBLE_PLAYBOOK: '/bin/ansible-playbook',
    HATHI_LOG_LEVEL: 'debug',
    HATHI_WORKERS: '8',
    HATHI_LEASE_SECONDS: '30',
    HATHI_REQUESTS_PER_SECOND: '0',
    HATHI_STREAMS_PER_CALLER: '5',
    HATHI_REQUEST_SECONDS: '60',
    HATHI_WEBHOOK_NETWORKS: '10.0.0.0/8, fd00::/8',
  });
  expect(config).toEqual({
    host: '::1',
    port: 0,
    token: TOKEN,
    allowedHosts: ['a.internal', 'b.internal'],
    localCallers: 'strict',
    dataDirectory: '/data',
    databaseUrl: 'postgresql://u:p@h/d',
    target: 'aws',
    masterKey: 'a2V5',
    terraformPath: '/bin/tofu',
    terraformCliConfigPath: '/etc/terraformrc',
    targets: {
      aws: {
        settings: { region: 'eu-central-1', connection: 'private' },
        regions: ['eu-central-9'],
      },
      warnings: [],
    },
    nodeReadySeconds: 60,
    ansiblePlaybookPath: '/bin/ansible-playbook',
    logLevel: 'debug',
    workers: 8,
    leaseSeconds: 30,
    limits: { requestsPerSecond: 0, streamsPerCaller: 5, requestSeconds: 60 },
    webhookNetworks: ['10.0.0.0/8', 'fd00::/8'],
    toolEnvironment: { AWS_REGION: 'eu-central-1', LC_ALL: LOCALE },
    warnings: [],
  });
  expect(readConfig({ HATHI_TOKEN: TOKEN, HATHI_MASTER_KEY: 'k' })).toMatchObject({
    token: TOKEN,
    masterKey: 'k',
  });
});

describe('a wrong value', () => {
  test.each([
    ['HATHI_HOST', 'http://localhost'],
    ['HATHI_DATA_DIR', '/data/50%'],
    ['HATHI_DATA_DIR', '/data/$HOME'],
    ['HATHI_DATA_DIR', '/data/a"b'],
    ['HATHI_DATA_DIR', '/data/a\\b'],
    ['HATHI_DATA_DIR', '/data/{{ a }}'],
    ['HATHI_DATA_DIR', '/data/a\nb'],
    ['HATHI_PORT', '65536'],
    ['HATHI_PORT', '-1'],
    ['HATHI_PORT', '5e3'],
    ['HATHI_PORT', ' 5000'],
    ['HATHI_TOKEN', 'short'],
    ['HATHI_TOKEN_FILE', '/nowhere/token'],
    ['HATHI_LOCAL_CALLERS', 'everyone'],
    ['DATABASE_URL', 'mysql://u:hunter2@h/d'],
    ['HATHI_TARGET', 'gcp'],
    ['HATHI_MASTER_KEY_FILE', '/nowhere/key'],
    ['HATHI_TERRAFORM', 'terraform'],
    ['HATHI_ANSIBLE_PLAYBOOK', './ansible-playbook'],
    ['HATHI_LOG_LEVEL', 'loud'],
    ['HATHI_TERRAFORM_CLI_CONFIG', 'terraformrc'],
    ['HATHI_AWS_REGIONS', 'Frankfurt'],
    ['HATHI_AWS', '{'],
    ['HATHI_AWS', '{"regoin": "eu-central-1"}'],
    ['HATHI_AWS', '{"region": "Frankfurt"}'],
    ['HATHI_NODE_READY_SECONDS', '0'],
    ['HATHI_WORKERS', '0'],
    ['HATHI_LEASE_SECONDS', '1'],
  ])('of %s (%s) is refused, naming the variable', (name, value) => {
    const error = refusal({ [name]: value });
    expect(error.code).toBe('CONFIGURATION_INVALID');
    expect(error.message).toContain(name);
    expect(error.message).not.toContain('hunter2');
    expect(Object.keys(SETTINGS)).toContain(name);
  });

  test('includes a secret that is given twice, and an empty file', () => {
    const path = file('twice', TOKEN);
    expect(refusal({ HATHI_TOKEN: TOKEN, HATHI_TOKEN_FILE: path }).message).toContain(
      'HATHI_TOKEN',
    );
    expect(refusal({ HATHI_TOKEN_FILE: file('empty', '\n') }).message).toContain('empty');
  });
});

describe('beyond loopback', () => {
  test.each(['0.0.0.0', '::', '192.168.0.7', 'db.internal'])('%s needs a token', (host) => {
    const error = refusal({ HATHI_HOST: host });
    expect(error.code).toBe('TOKEN_REQUIRED');
    expect(error.message).toContain('HATHI_TOKEN');
    expect(readConfig({ HATHI_HOST: host, HATHI_TOKEN: TOKEN }).host).toBe(host);
  });

  test.each([
    ['localhost', true],
    ['127.0.0.1', true],
    ['127.1.2.3', true],
    ['::1', true],
    ['127.0.0.1.nip.example', false],
    ['localhost.example', false],
    ['::', false],
    ['', false],
  ])('%j is loopback: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});

test('programs receive the variables that they need and none of the settings', () => {
  const { toolEnvironment } = readConfig({
    PATH: '/bin',
    DOCKER_HOST: 'unix:///run/docker.sock',
    AWS_PROFILE: 'a',
    HATHI_TOKEN: TOKEN,
    HATHI_MASTER_KEY: 'k',
    DATABASE_URL: 'postgres://u:p@h/d',
    GITHUB_TOKEN: 'x',
    TF_LOG: 'trace',
  });
  expect(toolEnvironment).toEqual({
    PATH: '/bin',
    DOCKER_HOST: 'unix:///run/docker.sock',
    AWS_PROFILE: 'a',
    LC_ALL: LOCALE,
  });
});

test.each(['/data/a b', "/data/o'b", '/data/~a', '/data/*', '/data/a,b:c#d', '/data/ä'])(
  'a data directory may be %s',
  (path) => {
    expect(readConfig({ HATHI_DATA_DIR: path }).dataDirectory).toBe(path);
  },
);

test('warns of a misspelt setting', () => {
  expect(readConfig({ HATHI_PROT: '1' }).warnings).toEqual([
    'HATHI_PROT is set, but there is no such setting.',
  ]);
});

test('warns of a default region that AWS does not have', () => {
  expect(readConfig({ AWS_REGION: 'eu-centrall-1' }).warnings).toEqual([
    expect.stringMatching(/eu-centrall-1.*did you mean eu-central-1\?.*HATHI_AWS_REGIONS/),
  ]);
  const known = { AWS_REGION: 'eu-central-9', HATHI_AWS_REGIONS: 'us-east-9, eu-central-9' };
  expect(readConfig(known).warnings).toEqual([]);
});
