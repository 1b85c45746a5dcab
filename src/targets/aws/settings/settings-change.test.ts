import { describe, expect, it } from 'vitest';
import { type AwsChanges, awsChangesSchema, awsSettingsSchema } from './aws-settings.ts';
import { mergeSettings } from './settings-change.ts';

const HOST_KEY = 'ssh-ed25519 AAAA';
const current = awsSettingsSchema.parse({
  region: 'eu-central-1',
  control_cidrs: ['203.0.113.7/32'],
  root_volume: { size_gib: 30 },
  data_volume: { size_gib: 20, iops: 6_000, throughput_mib_s: 500 },
  network: { mode: 'own', cidr: '10.77.0.0/16', private: true },
  connection: 'bastion',
  bastion: { host: 'bastion.example.com', port: 2222, user: 'me', host_key: HOST_KEY },
  state_bucket: { bucket: 'states', key: 'orders.tfstate', region: 'eu-west-1' },
});
const changed = (change: object) =>
  mergeSettings<AwsChanges>(current, awsChangesSchema.parse(change));

describe('a change of a part of an object', () => {
  it.each([
    ['data_volume', { size_gib: 50 }, { size_gib: 50, iops: 6_000, throughput_mib_s: 500 }],
    ['data_volume', { iops: 9_000 }, { size_gib: 20, iops: 9_000, throughput_mib_s: 500 }],
    ['root_volume', {}, { size_gib: 30 }],
    ['bastion', { port: 22 }, { ...current.bastion, port: 22 }],
    ['bastion', { host: 'bastion.example.com' }, current.bastion],
    ['network', { mode: 'own' }, current.network],
    ['network', { mode: 'own', cidr: '10.77.0.0/16' }, current.network],
    ['state_bucket', { bucket: 'states' }, current.state_bucket],
  ])('%s %j keeps the other fields', (name, change, expected) => {
    const merged = changed({ [name]: change });
    expect(merged).toEqual({ ...current, [name]: expected });
  });

  it('keeps the other settings', () => {
    expect(changed({})).toEqual(current);
    expect(changed({ session_manager: true })).toEqual({ ...current, session_manager: true });
  });
});

describe('a change to another thing', () => {
  it.each([
    ['bastion', { host: 'other.example.com', host_key: HOST_KEY }],
    ['bastion', null],
    ['network', { mode: 'default' }],
    ['state_bucket', { bucket: 'others', key: 'orders.tfstate', region: 'eu-west-1' }],
    ['control_cidrs', ['192.0.2.0/24']],
  ])('%s %j replaces it as a whole', (name, change) => {
    expect(changed({ [name]: change })).toEqual({ ...current, [name]: change });
  });
});

it('takes the fields of a new object from the defaults of the server', () => {
  const defaults = awsChangesSchema.parse({
    region: 'eu-central-1',
    data_volume: { size_gib: 100 },
    state_bucket: { bucket: 'states', region: 'eu-central-1' },
  });
  const merged = mergeSettings<AwsChanges>(defaults, {
    data_volume: { iops: 5_000 },
    state_bucket: { key: 'orders.tfstate' },
  });
  expect(awsSettingsSchema.parse(merged)).toMatchObject({
    data_volume: { size_gib: 100, iops: 5_000, throughput_mib_s: 125 },
    state_bucket: { bucket: 'states', key: 'orders.tfstate', region: 'eu-central-1' },
  });
});

it('refuses an unknown field of an object', () => {
  expect(awsChangesSchema.safeParse({ data_volume: { size: 1 } }).success).toBe(false);
  expect(awsChangesSchema.safeParse({ network: { mode: 'default', cidr: 'x' } }).success).toBe(
    false,
  );
});
