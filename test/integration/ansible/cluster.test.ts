// Longer than other files: its steps follow each other on one set of nodes.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AnsibleWorkspace, changes, nodeImage, reasons } from '../../support/ansible-workspace.ts';
import { waitFor } from '../../support/wait-for.ts';

const run = promisify(execFile);
const MINUTES = 60_000;

describe('a primary with two replicas', () => {
  let workspace: AnsibleWorkspace;
  const [first, second, third] = ['one-1', 'one-2', 'one-3'] as const;

  beforeAll(async () => {
    workspace = await AnsibleWorkspace.create({
      image: await nodeImage('trixie'),
      cluster: 'one',
      subnet: '10.231.77.0/24',
      postgresNodes: 3,
    });
  }, 5 * MINUTES);
  afterAll(() => workspace?.remove(), MINUTES);

  /** Which nodes the primary sends to, and that the whole set is there. */
  async function expectWhole(): Promise<string> {
    const roles = await Promise.all(
      workspace.postgres.map((node) => workspace.sql(node, 'select pg_is_in_recovery()')),
    );
    const primaries = workspace.postgres.filter((_, n) => roles[n] === 'f');
    expect(primaries).toHaveLength(1);
    const primary = primaries[0] as string;
    const streaming = await workspace.sql(
      primary,
      `select string_agg(application_name, ' ' order by application_name)
         from pg_stat_replication where state = 'streaming'`,
    );
    expect(streaming.split(' ')).toEqual(workspace.postgres.filter((node) => node !== primary));
    return primary;
  }

  async function expectNothingToChange(): Promise<void> {
    const again = await workspace.play();
    expect(reasons(again)).toEqual([]);
    expect(changes(again)).toEqual([]);
  }

  it(
    'is set up by one run, and not changed by the next',
    async () => {
      const play = await workspace.play();
      expect(reasons(play)).toEqual([]);
      const primary = await expectWhole();
      expect(await workspace.sql(primary, 'show data_checksums')).toBe('on');
      expect(await workspace.sql(primary, 'select datlocprovider from pg_database limit 1')).toBe(
        'b',
      );
      expect(play.events.at(-1)).toMatchObject({
        event: 'recap',
        hosts: { [first]: { failed: 0, unreachable: 0 }, [second]: {}, [third]: {} },
      });
      await expectNothingToChange();
      const settings = JSON.parse(await patroni(first, 'config'));
      expect(settings).toMatchObject({
        ttl: 20,
        loop_wait: 2,
        retry_timeout: 3,
        failsafe_mode: true,
      });
    },
    3 * MINUTES,
  );

  it(
    'keeps secrets out of what it says',
    async () => {
      const play = await workspace.play();
      for (const secret of Object.values(workspace.passwords)) {
        expect(play.output).not.toContain(secret);
      }
      expect(play.output).not.toContain('PRIVATE KEY');
    },
    MINUTES,
  );

  /** Asks Patroni as a member does. */
  async function patroni(node: string, path: string): Promise<string> {
    const pki = '/etc/patroni/pki';
    return await workspace.on(
      ...[node, 'python3', '-c'],
      `import ssl, urllib.request as r
c = ssl.create_default_context(cafile='${pki}/ca.crt')
c.load_cert_chain('${pki}/node.crt', '${pki}/node.key')
print(r.urlopen('https://${workspace.address(node)}:8008/${path}', context=c).read().decode())`,
    );
  }

  it(
    'lets nobody in without a certificate or a password',
    async () => {
      const target = workspace.address(second);
      // A caller on the cluster's network who is no member of it: he has tools, but no keys.
      const refused = async (...words: string[]) =>
        await run('docker', [
          ...['run', '--rm', '--network', workspace.network, '--entrypoint', words[0] as string],
          ...[workspace.options.image, ...words.slice(1)],
        ]).then(
          ({ stdout }) => `let in: ${stdout}`,
          ({ stderr }) => String(stderr),
        );
      // Only listens once it has shaken hands: the server's refusal comes after that under TLS 1.3,
      // and one who writes to a connection that is already closed may lose it.
      const handshake = (port: number) =>
        refused(
          ...['python3', '-c'],
          `import socket, ssl, sys
plain = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5)
print(ssl._create_unverified_context().wrap_socket(plain).recv(1))`,
          target,
          String(port),
        );
      const plainly = (url: string) =>
        refused(
          ...['python3', '-c'],
          `import sys, urllib.request as r
print(r.urlopen(sys.argv[1], timeout=5).read())`,
          url,
        );
      const certificateWanted =
        /certificate.required|tlsv13 alert certificate|handshake failure|bad certificate/i;
      for (const port of [2379, 2380, 8008]) {
        expect(await handshake(port), `port ${port}`).toMatch(certificateWanted);
      }
      expect(await plainly(`http://${target}:2379/health`)).toMatch(
        /error|reset|refused|disconnected/i,
      );
      expect(await plainly(`http://${target}:8008/patroni`)).toMatch(
        /error|reset|closed|disconnected/i,
      );
      const psql = (connection: string) => refused('psql', connection, '-c', 'select 1');
      const wanted = `host=${target} dbname=postgres user=postgres connect_timeout=5`;
      expect(await psql(`${wanted} sslmode=disable password=guess`)).toMatch(
        /no pg_hba.conf entry.*no encryption/s,
      );
      expect(await psql(`${wanted} sslmode=require password=guess`)).toMatch(
        /password authentication failed/,
      );
      expect(await psql(`${wanted} sslmode=require`)).toMatch(
        /no password supplied|authentication failed/,
      );
      expect(
        await psql(
          `${wanted.replace('user=postgres', 'user=replicator')} sslmode=require password=guess`,
        ),
      ).toMatch(/password authentication failed/);
    },
    MINUTES,
  );

  it(
    'raises and lowers a parameter that needs a restart, a node at a time',
    async () => {
      for (const max_connections of [260, 150]) {
        workspace.options.variables = { patroni_dynamic_parameters: { max_connections } };
        await workspace.writeFiles();
        expect(reasons(await workspace.play())).toEqual([]);
        for (const node of workspace.postgres) {
          expect(await workspace.sql(node, 'show max_connections')).toBe(String(max_connections));
        }
        await expectWhole();
        await expectNothingToChange();
      }
    },
    3 * MINUTES,
  );

  it(
    'reloads a local parameter',
    async () => {
      workspace.options.variables = {
        ...workspace.options.variables,
        patroni_local_parameters: { shared_buffers: '64MB', work_mem: '5MB' },
      };
      await workspace.writeFiles();
      expect(reasons(await workspace.play())).toEqual([]);
      for (const node of workspace.postgres) {
        await waitFor(
          'the reload',
          10,
          async () => (await workspace.sql(node, 'show work_mem')) === '5MB',
        );
      }
      await expectNothingToChange();
    },
    MINUTES,
  );

  it(
    'takes a node back that lost its machine and disks',
    async () => {
      const primary = await expectWhole();
      await workspace.sql(primary, 'create table kept as select 42 as answer');
      await workspace.removeNode(first);
      await workspace.makeNode(first);
      await workspace.writeFiles();
      // The one that went may have been the leader: the lease has to end first.
      expect(reasons(await workspace.play())).toEqual([]);
      await expectWhole();
      expect(await workspace.sql(first, 'select answer from kept')).toBe('42');
      const members = JSON.parse(
        await workspace.on(
          ...[second, 'etcdctl', '--cacert=/etc/etcd/pki/ca.crt', '--cert=/etc/etcd/pki/node.crt'],
          ...[
            '--key=/etc/etcd/pki/node.key',
            `--endpoints=https://${workspace.address(second)}:2379`,
          ],
          ...['member', 'list', '-w', 'json'],
        ),
      ).members as { name: string; isLearner?: boolean }[];
      expect(members.map(({ name }) => name).sort()).toEqual([first, second, third]);
      expect(members.filter(({ isLearner }) => isLearner)).toEqual([]);
      await expectNothingToChange();
    },
    3 * MINUTES,
  );

  it(
    'goes on after an etcd member was added but not started',
    async () => {
      await workspace.on(second, 'systemctl', 'stop', 'etcd');
      await workspace.on(second, 'sh', '-c', 'rm -rf /var/lib/etcd/*');
      const ask = (...words: string[]) =>
        workspace.on(
          ...[third, 'etcdctl', '--cacert=/etc/etcd/pki/ca.crt', '--cert=/etc/etcd/pki/node.crt'],
          ...[
            '--key=/etc/etcd/pki/node.key',
            `--endpoints=https://${workspace.address(third)}:2379`,
          ],
          ...words,
        );
      const listed = await ask('member', 'list');
      const id = listed
        .split('\n')
        .find((line) => line.includes(second))
        ?.split(',')[0] as string;
      await ask('member', 'remove', id);
      const peer = `--peer-urls=https://${workspace.address(second)}:2380`;
      // etcd takes a new member only some seconds after it lost one.
      await waitFor('the new member', 15, () => ask('member', 'add', second, '--learner', peer));
      expect(reasons(await workspace.play())).toEqual([]);
      expect(await ask('member', 'list')).not.toContain('true');
      await expectWhole();
      await expectNothingToChange();
    },
    2 * MINUTES,
  );

  it(
    'goes on after a data directory was copied by half',
    async () => {
      const primary = await expectWhole();
      const [, half] = workspace.postgres.filter((node) => node !== primary) as [string, string];
      const data = '/var/lib/postgresql/17/main';
      await workspace.on(half, 'systemctl', 'stop', 'patroni');
      await workspace.on(half, 'sh', '-c', `rm ${data}/global/pg_control ${data}/PG_VERSION`);
      expect(reasons(await workspace.play())).toEqual([]);
      await expectWhole();
      // The same, found by a Patroni that a reboot has started.
      await workspace.on(half, 'systemctl', 'stop', 'patroni');
      await workspace.on(half, 'sh', '-c', `rm ${data}/global/pg_control`);
      await workspace.on(half, 'systemctl', 'start', 'patroni');
      expect(reasons(await workspace.play())).toEqual([]);
      await expectWhole();
      await expectNothingToChange();
    },
    2 * MINUTES,
  );

  it(
    'names the node and the reason when one does not come up',
    async () => {
      const primary = await expectWhole();
      const broken = workspace.postgres.find((node) => node !== primary) as string;
      workspace.options.variables = { ...workspace.options.variables, patroni_wait_seconds: 5 };
      await workspace.writeFiles();
      await workspace.on(broken, 'systemctl', 'stop', 'patroni');
      await workspace.on(broken, 'mv', '/usr/lib/postgresql/17/bin/postgres', '/root/postgres');
      const play = await workspace.play();
      expect(play.exitCode).toBe(2);
      expect(reasons(play).join('\n')).toMatch(new RegExp(`${broken} is .*(not streaming|start)`));
      await workspace.on(broken, 'mv', '/root/postgres', '/usr/lib/postgresql/17/bin/postgres');
      workspace.options.variables = { ...workspace.options.variables, patroni_wait_seconds: 60 };
      await workspace.writeFiles();
      expect(reasons(await workspace.play())).toEqual([]);
      await expectWhole();
    },
    2 * MINUTES,
  );

  it(
    'names the node that does not restart, with its log, and restarts no other',
    async () => {
      const primary = await expectWhole();
      const broken = workspace.postgres.find((node) => node !== primary) as string;
      const others = workspace.postgres.filter((node) => node !== broken);
      const starts = async () =>
        await Promise.all(
          others.map((node) => workspace.sql(node, 'select pg_postmaster_start_time()')),
        );
      const before = await starts();
      // Read at the next start only, and by no trial: a trial has its own directory.
      const file = '/var/lib/postgresql/17/main/postgresql.auto.conf';
      const line = "shared_preload_libraries = 'no_such_library'";
      await workspace.on(
        broken,
        'sh',
        '-c',
        `cp -p ${file} /root/auto.conf; echo "${line}" >> ${file}`,
      );
      const variables = { patroni_dynamic_parameters: { max_connections: 310 } };
      workspace.options.variables = { ...variables, patroni_wait_seconds: 8 };
      await workspace.writeFiles();
      const play = await workspace.play();
      expect(play.exitCode).toBe(2);
      const failures = play.events.filter(
        ({ event, status }) => event === 'host_task' && status === 'failed',
      );
      expect(failures.map(({ host }) => host)).toContain(broken);
      const said = reasons(play).join('\n');
      expect(said).toContain(`${broken} does not restart`);
      expect(said).toContain('no_such_library');
      expect(await starts()).toEqual(before);

      await workspace.on(broken, 'sh', '-c', `cp -p /root/auto.conf ${file}`);
      workspace.options.variables = { ...variables, patroni_wait_seconds: 60 };
      await workspace.writeFiles();
      expect(reasons(await workspace.play())).toEqual([]);
      await expectWhole();
      for (const node of workspace.postgres) {
        expect(await workspace.sql(node, 'show max_connections')).toBe('310');
      }
    },
    3 * MINUTES,
  );
});
