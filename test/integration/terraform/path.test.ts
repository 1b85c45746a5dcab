import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCommand } from '../../../src/adapters/process/run-command.ts';
import type { ClusterNode } from '../../../src/core/cluster/topology.ts';
import type { PlanSummary } from '../../../src/core/plan/plan-summary.ts';
import type { ClusterRecord } from '../../../src/ports/stores.ts';
import { newCluster } from '../../support/clusters.ts';
import { openTerraformBench, type TerraformBench } from '../../support/terraform-bench.ts';
import { enginesHere } from '../../support/terraform-engines.ts';

// Nodes boot, and on a busy machine the first test may have to build their image.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const NOTHING = { add: 0, change: 0, replace: 0, destroy: 0, empty: true };
const env = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', CHECKPOINT_DISABLE: '1' };

interface Planned {
  plan_id: string;
  summary: PlanSummary;
  changes: { address: string; actions: string[] }[];
}
interface Applied {
  plan_id: string;
  resources: Record<string, number>;
  nodes: ClusterNode[];
}

describe.each(enginesHere())('the path with $name', (engine) => {
  let bench: TerraformBench;
  let cluster: ClusterRecord;
  let applied: Applied;
  beforeAll(async () => {
    bench = await openTerraformBench(engine);
    cluster = await bench.cluster('pg', 1);
  });
  afterAll(() => bench?.close());

  const path = (...parts: string[]) => bench.workspace.path('pg', ...parts);
  const byHand = (...args: string[]) =>
    runCommand(engine.path, args, {
      cwd: path('terraform'),
      env: { ...env, TF_CLI_CONFIG_FILE: '/dev/null' },
      timeoutSeconds: 60,
    });

  it('writes a workspace that the engine finds well laid out', async () => {
    const generated = await bench.outcome<{ files: { path: string }[]; notes: string[] }>(
      cluster,
      'generate-terraform',
    );
    expect(generated.files.map((file) => file.path)).toEqual(
      expect.arrayContaining(['terraform/main.tf', 'terraform/outputs.tf', 'ssh/known_hosts']),
    );
    expect(generated.notes.join()).toContain('sizes nothing');
    expect(await byHand('fmt', '-check', '-diff')).toMatchObject({ exitCode: 0, stdout: '' });
    for (const secret of ['ssh/id_ed25519', 'ssh/host_keys/pg-1/ssh_host_ed25519_key']) {
      expect((await stat(path(secret))).mode & 0o777).toBe(0o600);
    }
  });

  it('writes the same bytes again, with the keys of the first time', async () => {
    const read = async (file: string) =>
      Buffer.from((await bench.workspace.read('pg', file)) ?? '');
    const files = ['terraform/main.tf', 'ssh/known_hosts', 'ssh/id_ed25519'];
    const before = await Promise.all(files.map(read));
    await bench.outcome(cluster, 'generate-terraform');
    expect(await Promise.all(files.map(read))).toEqual(before);
  });

  it('plans the nodes, and the witness that two of them need', async () => {
    const plan = await bench.outcome<Planned>(cluster, 'plan-terraform');
    expect(plan.summary).toEqual({ add: 4, change: 0, replace: 0, destroy: 0, empty: false });
    expect(plan.changes.map(({ address }) => address)).toContain(
      'module.cluster.terraform_data.node["pg-3"]',
    );
  });

  it('applies that plan, and stores nodes and state', async () => {
    applied = await bench.outcome<Applied>(cluster, 'apply-terraform');
    expect(applied.resources).toEqual({ added: 4, changed: 0, destroyed: 0 });
    expect(applied.nodes.map(({ name }) => name)).toEqual(['pg-1', 'pg-2', 'pg-3']);
    expect(applied.nodes[2]).toMatchObject({ postgres_host: null, postgres_port: null });
    const record = await bench.direct.clusters.get(cluster.id);
    expect(record).toMatchObject({ applied_revision: 1, nodes: applied.nodes });
    const file = bench.tools.terraform.readState(
      (await bench.workspace.read('pg', 'terraform/terraform.tfstate')) as Uint8Array,
    );
    expect(await bench.direct.states.latest(cluster.id)).toMatchObject({
      lineage: file?.lineage,
      serial: file?.serial,
    });
  });

  it('gives nodes that answer with the host key that was written for them', async () => {
    const [node] = applied.nodes;
    const { stdout, stderr } = await runCommand(
      'ssh',
      [
        ...['-F', '/dev/null', '-i', path('ssh/id_ed25519'), '-p', String(node?.ssh_port)],
        ...['-o', `UserKnownHostsFile=${path('ssh/known_hosts')}`, '-o', 'BatchMode=yes'],
        ...['-o', 'StrictHostKeyChecking=yes', `root@${node?.ssh_host}`, 'hostname'],
      ],
      { env, timeoutSeconds: 30 },
    );
    expect({ stdout, stderr }).toEqual({ stdout: 'pg-1\n', stderr: '' });
  });

  it('gives the outcome of the first time when asked to apply again', async () => {
    expect(await bench.outcome(cluster, 'apply-terraform')).toEqual(applied);
    expect(await bench.outcome(cluster, 'apply-terraform', { plan_id: applied.plan_id })).toEqual(
      applied,
    );
  });

  it('finds nothing to change, by itself and by hand', async () => {
    expect((await bench.outcome<Planned>(cluster, 'plan-terraform')).summary).toEqual(NOTHING);
    const plan = await byHand('plan', '-input=false', '-detailed-exitcode', '-no-color');
    expect(plan).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('No changes') });
  });

  it('puts the stored state back where the file is gone, empty or older', async () => {
    const file = 'terraform/terraform.tfstate';
    const good = (await bench.workspace.read('pg', file)) as Uint8Array;
    const text = Buffer.from(good).toString();
    const older = text.replace(/"serial":\s*\d+/, '"serial": 0');
    expect(older).not.toBe(text);
    for (const broken of ['', '{"version": 4, "lin', older]) {
      await bench.workspace.write('pg', file, broken);
      expect((await bench.outcome<Planned>(cluster, 'plan-terraform')).summary).toEqual(NOTHING);
      expect(Buffer.from((await bench.workspace.read('pg', file)) ?? '').toString()).toBe(text);
    }
  });

  it('makes a node again that vanished behind its back, and no other', async () => {
    await bench.docker('rm', '-fv', `hathi-${bench.site}-pg-2`);
    const plan = await bench.outcome<Planned>(cluster, 'plan-terraform');
    expect(plan.summary).toEqual({ add: 0, change: 0, replace: 1, destroy: 0, empty: false });
    expect(plan.changes[0]?.address).toBe('module.cluster.terraform_data.node["pg-2"]');
    await bench.outcome(cluster, 'apply-terraform');
    const observed = await bench.target.observe(newCluster({ name: 'pg', site: bench.site }), [
      'pg-1',
      'pg-2',
    ]);
    expect(observed.nodes.map(({ state }) => state)).toEqual(['running', 'running']);
    expect((await bench.outcome<Planned>(cluster, 'plan-terraform')).summary).toEqual(NOTHING);
  });

  it('says which resource failed, and why', async () => {
    await bench.docker('rm', '-fv', `hathi-${bench.site}-pg-2`);
    await bench.outcome(cluster, 'plan-terraform');
    const [, second] = applied.nodes;
    const squatter = createServer().listen(second?.ssh_port, '127.0.0.1');
    await once(squatter, 'listening');
    const failed = await bench.run(cluster, 'apply-terraform');
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'TERRAFORM_FAILED' } });
    expect(failed.error?.message).toMatch(/node\["pg-2"\].*(already allocated|in use)/s);
    // What failed is not applied again as it was; a new plan goes on from where it stopped.
    expect((await bench.run(cluster, 'apply-terraform')).error?.code).toBe('PLAN_STALE');
    squatter.close();
    await bench.outcome(cluster, 'plan-terraform');
    await bench.outcome(cluster, 'apply-terraform');
  });

  it('removes everything, what no state knows too, and forgets', async () => {
    const image = await bench.docker(
      'inspect',
      '-f',
      '{{.Config.Image}}',
      `hathi-${bench.site}-pg-1`,
    );
    const labels = ['--label', `hathi.site=${bench.site}`, '--label', 'hathi.cluster=pg'];
    await bench.docker('create', '--name', `hathi-${bench.site}-stray`, ...labels, image);
    const destroyed = await bench.outcome(cluster, 'destroy-terraform');
    expect(destroyed).toMatchObject({ destroyed: true, left: [] });
    expect(await bench.resourcesOf('pg')).toEqual([]);
    expect((await bench.direct.clusters.get(cluster.id)).destroyed_at).not.toBeNull();
    expect(await bench.direct.secrets.get(cluster.id, 'ssh-client-key')).toBeNull();
    await expect(stat(path())).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
