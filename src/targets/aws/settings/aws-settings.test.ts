import { describe, expect, it } from 'vitest';
import {
  type AwsSettings,
  awsChangesSchema,
  awsSettingsSchema,
  settingsConflicts,
} from './aws-settings.ts';

const CONTROL = ['203.0.113.7/32'];
const BASTION = { host: 'bastion.example.com', host_key: 'ssh-ed25519 AAAA' };
const settings = (members: object = {}): AwsSettings =>
  awsSettingsSchema.parse({ region: 'eu-central-1', control_cidrs: CONTROL, ...members });
const conflicts = (members: object) =>
  settingsConflicts(settings(members)).map(({ path }) => path.replace('/aws/', ''));

it('needs a region and nothing else', () => {
  expect(awsSettingsSchema.parse({ region: 'eu-central-1' })).toMatchObject({
    connection: 'public',
    network: { mode: 'default' },
    termination_protection: true,
    session_manager: false,
    data_volume: { size_gib: 20, iops: 3_000, throughput_mib_s: 125 },
  });
});

it('leaves out of a change what the change leaves out', () => {
  expect(awsChangesSchema.parse({})).toEqual({});
  expect(awsChangesSchema.parse({ connection: 'ssm' })).toEqual({ connection: 'ssm' });
});

it.each([
  { region: 'Frankfurt' },
  { region: 'eu-central-1', zone: 'a' },
  { region: 'eu-central-1', network: { mode: 'own' } },
  { region: 'eu-central-1', network: { mode: 'own', cidr: '10.0.0.0/24' } },
  { region: 'eu-central-1', network: { mode: 'default', private: true } },
  {
    region: 'eu-central-1',
    network: { mode: 'existing', vpc_id: 'vpc-0123456789abcdef0', subnet_ids: [] },
  },
  { region: 'eu-central-1', data_volume: { iops: 100 } },
  { region: 'eu-central-1', private_key_file: 'key.pem' },
  { region: 'eu-central-1', private_key_file: '/a"b' },
  { region: 'eu-central-1', ami_id: 'debian' },
  { region: 'eu-central-1', ssm_agent_url: 'ftp://mirror/agent.deb' },
  { region: 'eu-central-1', ssm_agent_sha256: 'abc' },
  { region: 'eu-central-1', proxy: 'http://user:secret@proxy:3128' },
  { region: 'eu-central-1', apt_mirror: 'http://mirror/debian" x' },
  { region: 'eu-central-1', public_address: 'static' },
])('refuses %j', (given) => {
  expect(awsSettingsSchema.safeParse(given).success).toBe(false);
});

describe('what does not go together', () => {
  it.each([
    ['nothing', {}, []],
    ['no address from which SSH may come', { control_cidrs: [] }, ['control_cidrs']],
    ['a bastion that is not said', { connection: 'bastion' }, ['bastion']],
    ['a bastion that nobody uses', { bastion: BASTION }, ['bastion']],
    ['ssm without a profile', { connection: 'ssm', control_cidrs: [] }, ['session_manager']],
    ['an agent without ssm', { ssm_agent_url: 'https://mirror/agent.deb' }, ['ssm_agent_url']],
    ['a digest without ssm', { ssm_agent_sha256: 'a'.repeat(64) }, ['ssm_agent_sha256']],
    [
      'elastic addresses that nobody uses',
      { connection: 'private', public_address: 'elastic' },
      ['public_address'],
    ],
    ['ssm with one', { connection: 'ssm', control_cidrs: [], session_manager: true }, []],
    [
      'public addresses in private subnets',
      { network: { mode: 'own', cidr: '10.77.0.0/16', private: true } },
      ['connection'],
    ],
    ['a zone of another region', { availability_zones: ['us-east-1a'] }, ['availability_zones']],
    ['a key pair without its key', { key_name: 'mine' }, ['private_key_file']],
    ['a key without its key pair', { private_key_file: '/k.pem' }, ['key_name']],
  ])('%s', (_what, members, expected) => {
    expect(conflicts(members)).toEqual(expected);
  });
});
