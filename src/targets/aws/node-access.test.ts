import { expect, it } from 'vitest';
import { awsNodeAccess } from './node-access.ts';
import { awsSettingsSchema } from './settings/aws-settings.ts';

const accessOf = (settings: object) =>
  awsNodeAccess(awsSettingsSchema.parse({ region: 'eu-central-1', ...settings }));

it('opens a session of Systems Manager by the id of the instance', () => {
  expect(accessOf({ connection: 'ssm', session_manager: true })).toMatchObject({
    jump: {
      kind: 'command',
      command: expect.stringMatching(/^aws ssm start-session --region eu-central-1 --target %h /),
    },
  });
});

it('goes through the bastion with its own user and host key', () => {
  const bastion = { host: 'b.example.com', port: 2222, user: 'me', host_key: 'ssh-ed25519 AAAA' };
  expect(accessOf({ connection: 'bastion', bastion, ssh_user: 'debian' })).toEqual({
    way: 'ssh',
    user: 'debian',
    jump: {
      ...{ kind: 'bastion', host: 'b.example.com', port: 2222, user: 'me' },
      ...{ hostKey: 'ssh-ed25519 AAAA', privateKeyFile: null },
    },
  });
});

it('needs nothing in between for public and private addresses', () => {
  expect(accessOf({ connection: 'public' })).toEqual({ way: 'ssh', user: 'admin', jump: null });
});
