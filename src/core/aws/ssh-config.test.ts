import { expect, it } from 'vitest';
import type { ClusterNode } from '../cluster/topology.ts';
import { awsSettingsSchema } from './aws-settings.ts';
import { sshConfig } from './ssh-config.ts';

const node = (n: number, host: string): ClusterNode => ({
  name: `pg-${n}`,
  address: `10.77.0.${n}`,
  subnet: '10.77.0.0/20',
  ssh_host: host,
  ssh_port: 22,
  postgres_host: host,
  postgres_port: 5432,
  zone: 'eu-central-1a',
  instance_id: `i-0${n}`,
});
const configOf = (settings: object, host = '203.0.113.1', folder = '/data/100% mine/ssh') =>
  sshConfig({
    cluster: 'pg',
    nodes: [node(1, host), node(2, host)],
    settings: awsSettingsSchema.parse({ region: 'eu-central-1', ...settings }),
    folder,
  });

it('names each node, its pinned host key and the only key to log in with', () => {
  const text = configOf({});
  expect(text).toContain('Host pg-2\n  HostName 203.0.113.1\n  Port 22\n  HostKeyAlias pg-2\n');
  expect(text).toContain('StrictHostKeyChecking yes');
  // A percent sign begins a token there.
  expect(text).toContain('IdentityFile "/data/100%% mine/ssh/id_ed25519"');
  expect(text).not.toContain('ProxyCommand');
});

it('goes through the bastion, whose host key is pinned as well', () => {
  const bastion = { host: 'b.example.com', port: 2222, user: 'me', host_key: 'ssh-ed25519 AAAA' };
  const text = configOf({ connection: 'bastion', bastion });
  expect(text).toMatch(/ProxyCommand ssh -F ".*\/config" -W \[%h\]:%p bastion\n/);
  expect(text).toMatch(
    /Host bastion\n {2}HostName b\.example\.com\n {2}Port 2222\n {2}HostKeyAlias bastion\n {2}User me\n/,
  );
});

it('opens a session of Systems Manager by the id of the instance', () => {
  const text = configOf({ connection: 'ssm', session_manager: true }, 'i-01');
  expect(text).toContain('HostName i-01');
  expect(text).toMatch(/ProxyCommand aws ssm start-session --region eu-central-1 --target %h /);
});
