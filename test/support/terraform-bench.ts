import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SqlUnitOfWork } from '../../src/adapters/database/sql-unit-of-work.ts';
import { createPrometheusMetrics } from '../../src/adapters/metrics/prometheus.ts';
import { createSqlProbe } from '../../src/adapters/postgres/sql-probe.ts';
import { processes } from '../../src/adapters/process/processes.ts';
import { runCommand } from '../../src/adapters/process/run-command.ts';
import { createSecretBox } from '../../src/adapters/secrets/secret-box.ts';
import { createSshKeys } from '../../src/adapters/ssh/ssh-keys.ts';
import { systemClock, uuidSource } from '../../src/adapters/system/clock.ts';
import { createTerraform } from '../../src/adapters/terraform/terraform.ts';
import { createFileWorkspace } from '../../src/adapters/workspace/file-workspace.ts';
import type { ClusterSpec } from '../../src/core/cluster/cluster-spec.ts';
import type { OperationEvent } from '../../src/core/operation/event.ts';
import type { OperationRecord } from '../../src/core/operation/operation.ts';
import { type OperationKind, planOperation } from '../../src/core/procedures/procedures.ts';
import { runOperation } from '../../src/engine/run-operation.ts';
import type { Stage } from '../../src/ports/stage.ts';
import type { ClusterRecord } from '../../src/ports/stores.ts';
import { targetsByName } from '../../src/shared/targets.ts';
import { createApplyTerraformStage } from '../../src/stages/terraform/apply-terraform.ts';
import { createDestroyTerraformStage } from '../../src/stages/terraform/destroy-terraform.ts';
import { createGenerateTerraformStage } from '../../src/stages/terraform/generate-terraform.ts';
import { createPlanTerraformStage } from '../../src/stages/terraform/plan-terraform.ts';
import type { TerraformTools } from '../../src/stages/terraform/terraform-tools.ts';
import { createDockerTarget } from '../../src/targets/local/docker-target.ts';
import { newCluster } from './clusters.ts';
import { openTestDatabase } from './databases.ts';
import type { EngineHere } from './terraform-engines.ts';
import { firstAnswer } from './wait-for.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const LEASE_SECONDS = 15;
const EVENTUALLY_SECONDS = 60;

export type TerraformBench = Awaited<ReturnType<typeof openTerraformBench>>;

/**
 * The Terraform stages as a server runs them, with a real database, engine and Docker, on a data
 * directory and a site of their own. What it made in Docker is removed by `close`.
 * @param moreStages that a test wants besides, made with the same tools
 */
export async function openTerraformBench(
  engine: EngineHere,
  moreStages: (tools: TerraformTools, env: Record<string, string>) => readonly Stage[] = () => [],
) {
  const folder = await mkdtemp(join(tmpdir(), 'hathi-terraform-'));
  const { database, stop } = await openTestDatabase('embedded');
  const unitOfWork = new SqlUnitOfWork(database.db);
  const { direct } = unitOfWork;
  const site = randomBytes(3).toString('hex');
  const env = Object.fromEntries(
    ['PATH', 'HOME', 'DOCKER_HOST', 'http_proxy', 'https_proxy']
      .map((name) => [name, process.env[name]])
      .filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const workspace = createFileWorkspace(folder);
  const target = createDockerTarget({ assetsRoot: REPOSITORY, env });
  const tools: TerraformTools = {
    terraform: createTerraform({
      assetsRoot: REPOSITORY,
      cacheFolder: join(folder, 'cache'),
      enginePath: engine.path,
      env,
    }),
    targets: targetsByName(target),
    probe: createSqlProbe({ env }),
    workspace,
    secretBox: createSecretBox([randomBytes(32)]),
    sshKeys: createSshKeys({ env }),
    ids: uuidSource,
    clock: systemClock,
  };
  const stages = [
    createGenerateTerraformStage(tools),
    createPlanTerraformStage(tools),
    createApplyTerraformStage(tools),
    createDestroyTerraformStage(tools),
    ...moreStages(tools, env),
  ];
  const worker = { id: `${site}:test`, site };
  const runTools = {
    unitOfWork,
    wakeups: database.wakeups,
    clock: systemClock,
    leases: database.leases,
    leaseSeconds: LEASE_SECONDS,
    stages,
    processes,
    workspace,
    log: { info() {}, warn() {}, error: console.error },
    metrics: createPrometheusMetrics('test'),
  };

  async function docker(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await runCommand('docker', args, {
      env,
      timeoutSeconds: 60,
    });
    if (exitCode !== 0) throw new Error(stderr);
    return stdout.trim();
  }

  /** Claims what is queued and runs it until it ends, or until `death` is aborted. */
  async function work(death = new AbortController().signal): Promise<void> {
    const claimed = await direct.operations.claim(worker, LEASE_SECONDS);
    if (!claimed) throw new Error('nothing to claim');
    await runOperation(runTools, claimed, death);
  }

  async function enqueue(
    { id: clusterId }: Pick<ClusterRecord, 'id'>,
    kind: OperationKind,
    input: Record<string, unknown> = {},
  ): Promise<OperationRecord> {
    return await direct.operations.insert({
      id: uuidSource.next(),
      cluster_id: clusterId,
      site,
      ...planOperation(kind, await direct.clusters.get(clusterId)),
      input,
      approval: 'automatic',
      idempotency_key: null,
    });
  }

  return {
    site,
    tools,
    workspace,
    target,
    direct,
    transaction: unitOfWork.transaction.bind(unitOfWork),
    docker,
    enqueue,
    work,

    /** What Docker has with the labels of the cluster of that name, known or not. */
    resourcesOf: async (name: string) =>
      await target.resources({ ...newCluster({ name, site }), name, site }),

    async cluster(
      name: string,
      replicaCount: number,
      postgresVersion: ClusterSpec['postgres_version'] = '17',
    ): Promise<ClusterRecord> {
      const record = newCluster({ name, site });
      return await direct.clusters.insert({
        ...record,
        spec: { ...record.spec, replica_count: replicaCount, postgres_version: postgresVersion },
        network_index: await target.freeNetworkIndex(
          await direct.clusters.networkIndexes(site),
          site,
        ),
      });
    },

    /** One operation from its request to its end. */
    async run(
      cluster: Pick<ClusterRecord, 'id'>,
      kind: OperationKind,
      input: Record<string, unknown> = {},
    ): Promise<OperationRecord> {
      const { id } = await enqueue(cluster, kind, input);
      await work();
      return await direct.operations.get(id);
    },

    /** As `run`, giving the outcome of its only stage. */
    async outcome<T = Record<string, unknown>>(
      cluster: Pick<ClusterRecord, 'id'>,
      kind: OperationKind,
      input: Record<string, unknown> = {},
    ): Promise<T> {
      const operation = await this.run(cluster, kind, input);
      if (operation.error) throw new Error(JSON.stringify(operation.error, null, 2));
      return operation.stages[0]?.outcome as T;
    },

    /** Goes on as the next server does: what this site held is free again. */
    async resume(): Promise<void> {
      await direct.operations.releaseSite(site);
      await work();
    },

    async cancel(operationId: string): Promise<void> {
      await unitOfWork.transaction(async ({ operations }) => {
        await operations.setState(operationId, 'cancelling');
        await operations.requestCancel(operationId, 1);
      });
      await database.wakeups.notify(`cancel:${operationId}`);
    },

    async events(operationId: string): Promise<OperationEvent[]> {
      return await direct.operations.eventsAfter(operationId, 0, 10_000);
    },

    async close(): Promise<void> {
      const filter = ['--filter', `label=hathi.site=${site}`];
      const containers = (await docker('ps', '-aq', ...filter)).split('\n').filter(Boolean);
      if (containers.length > 0) await docker('rm', '-fv', ...containers);
      const networks = (await docker('network', 'ls', '-q', ...filter)).split('\n').filter(Boolean);
      if (networks.length > 0) await docker('network', 'rm', ...networks);
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The first value that is neither null nor false. */
export async function eventually<T>(read: () => Promise<T | null | false>): Promise<T> {
  return await firstAnswer(read, EVENTUALLY_SECONDS);
}
