import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAnsible } from '../../src/adapters/ansible/ansible.ts';
import { createX509Pki } from '../../src/adapters/pki/x509-pki.ts';
import { createSqlProbe } from '../../src/adapters/postgres/sql-probe.ts';
import { createNodeSessions } from '../../src/adapters/ssh/node-sessions.ts';
import type { Topology } from '../../src/core/cluster/topology.ts';
import type { HostRecap } from '../../src/ports/ansible.ts';
import type { ClusterRecord } from '../../src/ports/stores.ts';
import { createCreateAnsibleScriptStage } from '../../src/stages/ansible/create-ansible-script.ts';
import { createExecuteAnsibleScriptStage } from '../../src/stages/ansible/execute-ansible-script.ts';
import { createVerifyReplicationStage } from '../../src/stages/verification/verify-replication.ts';
import { openTerraformBench, type TerraformBench } from '../support/terraform-bench.ts';
import { enginesHere } from '../support/terraform-engines.ts';
import { waitFor } from '../support/wait-for.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
/** Of a test that runs the playbook, on a machine that has other work as well. */
const PLAY_MILLISECONDS = 180_000;
const MEMORY_BYTES = 1024 ** 3;
const NODES = ['weird-1', 'weird-2', 'weird-3'];

/** What YAML, Jinja, Patroni's templates, INI, shells and libpq each have a meaning for. */
const PREFIX = `%m [%p] {{ 1 + 1 }} {% raw %} "q" 'it' \\ \\n %% $HOME \`id\` # ; é🐘 `;
const PARAMETERS = { log_line_prefix: PREFIX, max_connections: '137', work_mem: '5MB' };

interface Executed {
  recap: Record<string, HostRecap>;
  changed: number;
  parameters: { checked: number; nodes: number };
  topology: Topology;
}

describe('writing and running the Ansible of a cluster', { timeout: PLAY_MILLISECONDS }, () => {
  let bench: TerraformBench;
  let cluster: ClusterRecord;

  beforeAll(async () => {
    const [engine] = enginesHere();
    if (!engine) throw new Error('no Terraform engine is here');
    bench = await openTerraformBench(engine, (terraformTools, env) => {
      const tools = {
        ...terraformTools,
        ansible: createAnsible({ assetsRoot: REPOSITORY, env }),
        pki: createX509Pki(terraformTools.clock),
        probe: createSqlProbe({ env: {} }),
        sessions: createNodeSessions({ assetsRoot: REPOSITORY, env }),
        // Nodes of this machine need no waiting for.
        nodeBoot: { waitUntilReady: async () => {} },
        nodeSizes: async () => ({ memory_bytes: MEMORY_BYTES, disk_bytes: null }),
      };
      return [
        createCreateAnsibleScriptStage(tools),
        createExecuteAnsibleScriptStage(tools),
        createVerifyReplicationStage(tools),
      ];
    });
    const inserted = await bench.cluster('weird', 1);
    await bench.direct.clusters.update(inserted.id, {
      spec: { ...inserted.spec, parameters: PARAMETERS, failover_profile: 'fast' },
    });
    cluster = await bench.direct.clusters.get(inserted.id);
  });
  afterAll(() => bench?.close());

  /** In angle brackets, so that blanks at its ends are seen. */
  function settingOn(node: string, name: string): Promise<string> {
    const query = `select '<' || setting || '>' from pg_settings where name = '${name}'`;
    const psql = ['runuser', '-u', 'postgres', '--', 'psql', '-XAtqc', query];
    return bench.docker('exec', `hathi-${bench.site}-${node}`, ...psql);
  }

  /** Changes the parameters in the spec and writes the folder. */
  async function give(
    parameters: Record<string, string>,
    more: { locales?: string[] } = {},
  ): Promise<void> {
    const spec = { ...cluster.spec, parameters, ...more };
    await bench.direct.clusters.update(cluster.id, { spec });
    cluster = await bench.direct.clusters.get(cluster.id);
    await bench.outcome(cluster, 'create-ansible-script');
  }

  const onNode = (node: string, line: string) =>
    bench.docker('exec', `hathi-${bench.site}-${node}`, 'sh', '-euc', line);

  it('refuses to write before there are machines, and to run before it is written', async () => {
    const create = await bench.run(cluster, 'create-ansible-script');
    expect(create.error).toMatchObject({
      code: 'STEP_MISSING',
      details: { missing: 'apply-terraform' },
    });
    const execute = await bench.run(cluster, 'execute-ansible-script');
    expect(execute.error).toMatchObject({
      code: 'STEP_MISSING',
      details: { missing: 'create-ansible-script' },
    });
  });

  it('writes the same folder again for the same spec', async () => {
    await bench.outcome(cluster, 'generate-terraform');
    await bench.outcome(cluster, 'plan-terraform');
    await bench.outcome(cluster, 'apply-terraform');
    const first = await bench.outcome<{ files: object[]; inventory: string; parameters: object[] }>(
      cluster,
      'create-ansible-script',
    );
    expect(first.inventory).toContain('[witness]\nweird-3 ');
    expect(first.parameters).toContainEqual({
      name: 'max_connections',
      value: '137',
      scope: 'dynamic',
      restart: true,
      source: 'spec',
    });
    expect(first.parameters).toContainEqual(
      expect.objectContaining({ name: 'shared_buffers', value: '256MB', source: 'default' }),
    );
    expect(await bench.outcome(cluster, 'create-ansible-script')).toEqual(first);
  });

  it('changes no node where PostgreSQL would not start', async () => {
    await give({ ...PARAMETERS, shared_preload_libraries: 'pg_stat_statements, no_such_library' });
    const { error } = await bench.run(cluster, 'execute-ansible-script');
    expect(error).toMatchObject({
      code: 'PARAMETER_REJECTED',
      message: expect.stringContaining('could not access file "no_such_library"'),
      details: { parameter: 'shared_preload_libraries', node: 'weird-1' },
    });
    for (const node of NODES) {
      const found = await onNode(node, 'ls /var/lib/etcd /var/lib/postgresql; cat /etc/patroni/*');
      expect(found).not.toContain('weird');
    }
    await give(PARAMETERS);
  });

  it('brings the nodes up, replicating, with every parameter as it was given', async () => {
    const operation = await bench.run(cluster, 'execute-ansible-script');
    expect(operation.error).toBeNull();
    const outcome = operation.stages[0]?.outcome as unknown as Executed;
    expect(Object.keys(outcome.recap)).toEqual(NODES);
    expect(outcome.changed).toBeGreaterThan(0);
    expect(outcome.parameters.nodes).toBe(2);
    expect(outcome.parameters.checked).toBeGreaterThan(5);
    expect(outcome.topology.nodes.map(({ role }) => role).toSorted()).toEqual([
      'primary',
      'replica',
      'witness',
    ]);
    await bench.outcome(cluster, 'verify-replication');
    for (const node of NODES.slice(0, 2)) {
      expect(await settingOn(node, 'log_line_prefix')).toBe(`<${PREFIX}>`);
      expect(await settingOn(node, 'max_connections')).toBe('<137>');
      expect(await settingOn(node, 'work_mem')).toBe('<5120>');
    }

    const events = await bench.events(operation.id);
    const types = new Set(events.map(({ type }) => type));
    for (const type of ['task', 'host', 'recap']) expect(types).toContain(`ansible.${type}`);
    const secrets = await bench.workspace.read('weird', 'ansible/group_vars/all/secrets.yml');
    const passwords = [...String(secrets).matchAll(/password: "?([\w-]{32})"?$/gm)].map(
      ([, text]) => text as string,
    );
    expect(passwords).toHaveLength(3);
    for (const password of passwords) expect(JSON.stringify(events)).not.toContain(password);
  });

  it('changes nothing when it is run again, by Hathi or by hand', async () => {
    const again = await bench.outcome<Executed>(cluster, 'execute-ansible-script');
    expect(again.changed).toBe(0);
    const byHand = await promisify(execFile)(
      join(REPOSITORY, '.tools/venv/bin/ansible-playbook'),
      ['-i', 'inventory/hosts', 'main.yml'],
      {
        cwd: bench.workspace.path('weird', 'ansible'),
        env: { PATH: process.env.PATH, HOME: process.env.HOME },
      },
    );
    for (const node of NODES) {
      expect(byHand.stdout).toMatch(new RegExp(`${node} .*changed=0 +unreachable=0 +failed=0`));
    }
  });

  it('finds a parameter that somebody set on one node beside it', async () => {
    const onNode = (query: string) => {
      const psql = ['runuser', '-u', 'postgres', '--', 'psql', '-XAtqc', query];
      return bench.docker('exec', `hathi-${bench.site}-weird-2`, ...psql);
    };
    await onNode("alter system set work_mem = '7MB'");
    await onNode('select pg_reload_conf()');
    const { error } = await bench.run(cluster, 'execute-ansible-script');
    expect(error).toMatchObject({
      code: 'PARAMETER_NOT_APPLIED',
      message: expect.stringContaining('work_mem on weird-2 is 7168 instead of 5120'),
    });
    await onNode('alter system reset work_mem');
    await onNode('select pg_reload_conf()');
    await bench.outcome(cluster, 'execute-ansible-script');
  });

  it('changes nothing on a running cluster that PostgreSQL would not start with', async () => {
    const before = await onNode('weird-1', 'stat -c %Y-%i /etc/patroni/config.yml');
    await give({ ...PARAMETERS, log_timezone: 'Mars/Base', work_mem: '6MB' });
    const { error } = await bench.run(cluster, 'execute-ansible-script');
    expect(error).toMatchObject({
      code: 'PARAMETER_REJECTED',
      message: expect.stringContaining('invalid value for parameter "log_timezone": "Mars/Base"'),
      details: { parameter: 'log_timezone', value: 'Mars/Base' },
    });
    expect(await onNode('weird-1', 'stat -c %Y-%i /etc/patroni/config.yml')).toBe(before);
    expect(await onNode('weird-1', 'ls /var/lib/hathi/trial')).not.toMatch(/data|socket/);
    const german = { log_timezone: 'Europe/Berlin', lc_messages: 'de_DE.UTF-8' };
    await give({ ...PARAMETERS, ...german }, { locales: ['de_DE.UTF-8'] });
    await bench.outcome(cluster, 'execute-ansible-script');
    for (const node of NODES.slice(0, 2)) {
      expect(await settingOn(node, 'log_timezone')).toBe('<Europe/Berlin>');
      expect(await settingOn(node, 'lc_messages')).toBe('<de_DE.UTF-8>');
    }
    // The running PostgreSQL has the new locale, too.
    await onPrimary(
      "create database german template template0 locale_provider libc locale 'de_DE.UTF-8'",
    );
    await onPrimary('drop database german');
  });

  async function sqlOn(node: string, query: string): Promise<string> {
    const psql = ['runuser', '-u', 'postgres', '--', 'psql', '-XAtqc', query];
    return await bench.docker('exec', `hathi-${bench.site}-${node}`, ...psql);
  }

  async function onPrimary(query: string): Promise<void> {
    for (const node of NODES.slice(0, 2)) {
      if ((await sqlOn(node, 'select pg_is_in_recovery()')) === 'f') await sqlOn(node, query);
    }
  }

  /** Puts a value where Hathi puts it, as a version without the trial did, and reloads Patroni. */
  async function putPastTrial(name: string, value: string): Promise<void> {
    const change = `import yaml
path = '/etc/patroni/config.yml'
text = yaml.safe_load(open(path))
text['postgresql']['parameters']['${name}'] = '${value}'
yaml.safe_dump(text, open(path, 'w'))`;
    for (const node of NODES.slice(0, 2)) {
      await bench.docker('exec', `hathi-${bench.site}-${node}`, 'python3', '-c', change);
      await onNode(node, 'systemctl reload patroni');
      await waitFor(`${name} in the file of PostgreSQL on ${node}`, 30, () =>
        onNode(node, `grep ${name} /var/lib/postgresql/17/main/postgresql.conf`),
      );
    }
  }

  it('resets a value with which PostgreSQL lets nobody in', async () => {
    await putPastTrial('session_preload_libraries', 'no_such_library');
    for (const node of NODES.slice(0, 2)) {
      await waitFor(`${node} to refuse logins`, 30, async () => {
        const why = await settingOn(node, 'port').catch(String);
        return why.includes('no_such_library');
      });
    }
    await bench.outcome(cluster, 'execute-ansible-script');
    for (const node of NODES.slice(0, 2)) {
      expect(await settingOn(node, 'session_preload_libraries')).toBe('<>');
    }
  });

  it('resets a value with which PostgreSQL does not start', async () => {
    await putPastTrial('log_timezone', 'Mars/Base');
    for (const node of NODES.slice(0, 2)) {
      await onNode(node, 'kill -9 $(head -1 /var/lib/postgresql/17/main/postmaster.pid)');
    }
    await bench.outcome(cluster, 'execute-ansible-script');
    await bench.outcome(cluster, 'verify-replication');
  });

  it('proves replication whatever the defaults of sessions are', async () => {
    for (const setting of [
      'default_transaction_read_only = on',
      "default_transaction_isolation = 'serializable'",
      "search_path = 'nowhere'",
      "statement_timeout = '1ms'",
      "datestyle = 'SQL, DMY'",
    ]) {
      await onPrimary(`alter database hathi set ${setting}`);
    }
    await bench.outcome(cluster, 'verify-replication');
  });

  it('names the node that cannot be reached', async () => {
    await bench.docker('kill', `hathi-${bench.site}-weird-2`);
    const { error } = await bench.run(cluster, 'execute-ansible-script');
    expect(error).toMatchObject({
      code: 'ANSIBLE_FAILED',
      message: expect.stringContaining('weird-2'),
      details: { failures: [expect.objectContaining({ host: 'weird-2' })] },
    });
  });
});
