import { expect, it } from 'vitest';
import type { ClusterNode } from '../cluster/topology.ts';
import type { Jump } from './node-access.ts';
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
const configOf = (jump: Jump | null, host = '203.0.113.1', folder = '/data/100% mine/ssh') =>
  sshConfig({
    cluster: 'pg',
    nodes: [node(1, host), node(2, host)],
    access: { way: 'ssh', user: 'admin', jump },
    folder,
  });

it('names each node, its pinned host key and the only key for logins', () => {
  const text = configOf(null);
  expect(text).toContain('Host pg-2\n  HostName 203.0.113.1\n  Port 22\n  HostKeyAlias pg-2\n');
  expect(text).toContain('StrictHostKeyChecking yes');
  // A percent sign begins a token there.
  expect(text).toContain('IdentityFile "/data/100%% mine/ssh/id_ed25519"');
  expect(text).not.toContain('ProxyCommand');
});

it('goes through the bastion, whose host key is pinned as well', () => {
  const text = configOf({
    ...{ kind: 'bastion', host: 'b.example.com', port: 2222, user: 'me' },
    ...{ hostKey: 'ssh-ed25519 AAAA', privateKeyFile: null },
  });
  expect(text).toMatch(/ProxyCommand ssh -F ".*\/config" -W \[%h\]:%p bastion\n/);
  expect(text).toMatch(
    /Host bastion\n {2}HostName b\.example\.com\n {2}Port 2222\n {2}HostKeyAlias bastion\n {2}User me\n/,
  );
});

it('runs the command that carries the connection', () => {
  const text = configOf({ kind: 'command', command: 'carry %h %p' }, 'i-01');
  expect(text).toContain('HostName i-01');
  expect(text).toContain('  ProxyCommand carry %h %p\n');
});
