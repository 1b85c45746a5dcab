// Longer than other files: it alone wires everything together, and is read from top to bottom.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAnsible } from './adapters/ansible/ansible.ts';
import { createAwsCloud } from './adapters/aws/aws-cloud.ts';
import { createAwsTarget } from './adapters/aws/aws-target.ts';
import { findSessionTool, SESSION_TOOLS } from './adapters/aws/session-tools.ts';
import { lockDataDirectory } from './adapters/database/data-directory-lock.ts';
import type { Database } from './adapters/database/database.ts';
import { openEmbedded } from './adapters/database/embedded.ts';
import { migrate } from './adapters/database/migrate.ts';
import { openPostgres } from './adapters/database/postgres.ts';
import { SqlUnitOfWork } from './adapters/database/sql-unit-of-work.ts';
import { createDockerTarget } from './adapters/docker/docker-target.ts';
import { createPrometheusMetrics } from './adapters/metrics/prometheus.ts';
import { createX509Pki } from './adapters/pki/x509-pki.ts';
import { createSqlProbe } from './adapters/postgres/sql-probe.ts';
import { type BackgroundProcess, startInBackground } from './adapters/process/background.ts';
import { versionLine } from './adapters/process/find-program.ts';
import { processes } from './adapters/process/processes.ts';
import { loadMasterKeys } from './adapters/secrets/master-key.ts';
import { createSecretBox } from './adapters/secrets/secret-box.ts';
import { createNodeAccess } from './adapters/ssh/node-access.ts';
import { createSshKeys } from './adapters/ssh/ssh-keys.ts';
import { systemClock, uuidSource } from './adapters/system/clock.ts';
import { createLocalCallers } from './adapters/system/local-callers.ts';
import { localNetworks } from './adapters/system/local-networks.ts';
import { createLogger } from './adapters/system/logger.ts';
import { readSite } from './adapters/system/site.ts';
import { createTerraform } from './adapters/terraform/terraform.ts';
import { createFileWorkspace } from './adapters/workspace/file-workspace.ts';
import { type Config, readConfig, secretsOf } from './config.ts';
import { asDiskFull } from './core/disk-full.ts';
import { sentenceOf } from './core/errors.ts';
import { startWorker } from './engine/worker.ts';
import { confineProcess, type Environment, serverEnvironmentOf } from './environment.ts';
import { buildApp } from './http/app.ts';
import { listen } from './http/listen.ts';
import type { ReadinessCheck, ReadinessService } from './services/api.ts';
import { createClusterService } from './services/clusters.ts';
import { createCursors } from './services/cursors.ts';
import { createEventStream } from './services/follow-events.ts';
import { createIdempotencyService } from './services/idempotency.ts';
import { chooseLocalCallers } from './services/local-callers.ts';
import { createMetricsService } from './services/metrics.ts';
import { createOperationService } from './services/operations.ts';
import { createOrphanService } from './services/orphans.ts';
import type { NodeSizes } from './services/parameter-requests.ts';
import { createParameterService } from './services/parameters.ts';
import { createReadinessService, toolChecks } from './services/readiness.ts';
import { createRecordService } from './services/records.ts';
import { createApplyTerraformStage } from './stages/apply-terraform.ts';
import { createCreateAnsibleScriptStage } from './stages/create-ansible-script.ts';
import { createDestroyTerraformStage } from './stages/destroy-terraform.ts';
import { createExecuteAnsibleScriptStage } from './stages/execute-ansible-script.ts';
import { createGenerateTerraformStage } from './stages/generate-terraform.ts';
import { createPlanTerraformStage } from './stages/plan-terraform.ts';
import { createVerifyReplicationStage } from './stages/verify-replication.ts';

/** Folder with `terraform/`, `ansible/` and `images/`. */
const ASSETS_ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

/** After a signal, this long for answers under way; children are left to the next server. */
const SHUTDOWN_SECONDS = 10;

export interface Server {
  /** Where it answers. */
  urls: string[];
  /** Stops listening, claiming and writing; operations go on with the next server. */
  close(): Promise<void>;
}

/**
 * Wires everything and starts the server.
 * @throws DATA_DIRECTORY_LOCKED | DATABASE_UNAVAILABLE | PORT_IN_USE | CONFIGURATION_INVALID
 */
export async function startServer(config: Config): Promise<Server> {
  const closers: Closer[] = [];
  const close = async () => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer();
  };
  try {
    return { urls: await start(config, closers), close };
  } catch (error) {
    // What was opened would keep the process alive. The first error is the one that matters.
    await close().catch(() => {});
    throw error;
  }
}

type Closer = () => Promise<void> | void;

/**
 * @param closers receives what ends each part that was started, in the order of the starts
 * @returns the URLs of the server
 */
async function start(config: Config, closers: Closer[]): Promise<string[]> {
  const log = createLogger(config.logLevel, { secrets: secretsOf(config) });
  for (const warning of config.warnings) log.warn(warning);
  const localCallers = await chooseLocalCallers(
    config,
    () => createLocalCallers(),
    (warning) => log.warn(warning),
  );
  const lock = lockDataDirectory(config.dataDirectory);
  closers.push(() => lock.release());
  const site = readSite(config.dataDirectory);
  const database = await openDatabase(config);
  closers.push(() => database.close());
  await migrate(database.db);
  const unitOfWork = new SqlUnitOfWork(database.db);
  const { wakeups } = database;
  const workspace = createFileWorkspace(config.dataDirectory);
  const secretBox = createSecretBox(
    await loadMasterKeys(config.dataDirectory, config.masterKey ?? undefined),
  );
  const { cloud, targets, terraform, ansible } = toolsOf(config);
  const sizes: NodeSizes = async ({ spec, node_size: known }) =>
    known ?? (await targets[spec.target].nodeSize(spec));
  const tools = {
    terraform,
    ansible,
    targets,
    workspace,
    secretBox,
    sshKeys: createSshKeys({ env: config.toolEnvironment }),
    pki: createX509Pki(systemClock),
    probe: createSqlProbe({ env: config.toolEnvironment }),
    nodeAccess: createNodeAccess({
      env: config.toolEnvironment,
      clock: systemClock,
      readySeconds: config.nodeReadySeconds,
    }),
    ids: uuidSource,
    clock: systemClock,
    nodeSizes: sizes,
  };
  const metrics = createPrometheusMetrics(packageVersion());
  const events = createEventStream({ unitOfWork, wakeups, clock: systemClock });

  // The lock proves that whoever held these leases on this data directory is dead.
  const taken = await unitOfWork.direct.operations.releaseSite(site);
  if (taken > 0) log.info({ operations: taken }, 'taking up what an earlier server left');
  const worker = await startWorker(
    {
      unitOfWork,
      wakeups,
      clock: systemClock,
      leases: database.leases,
      leaseSeconds: config.leaseSeconds,
      processes,
      workspace,
      log,
      metrics,
      stages: [
        createGenerateTerraformStage(tools),
        createPlanTerraformStage(tools),
        createApplyTerraformStage(tools),
        createCreateAnsibleScriptStage(tools),
        createExecuteAnsibleScriptStage(tools),
        createVerifyReplicationStage(tools),
        createDestroyTerraformStage(tools),
      ],
    },
    { identity: { id: `${site}:${uuidSource.next()}`, site }, concurrency: config.workers },
  );
  closers.push(() => worker.stop());
  const readiness = createReadinessService({
    unitOfWork,
    terraform,
    ansible,
    targets,
    defaultTarget: config.target,
  });
  const cursors = createCursors(secretBox);
  const holder = `${site}:${uuidSource.next()}`;
  const app = await buildApp({
    clusters: createClusterService({
      unitOfWork,
      box: secretBox,
      workspace,
      targets,
      cursors,
      clock: systemClock,
      localNetworks,
    }),
    records: createRecordService({ unitOfWork, cursors }),
    orphans: createOrphanService({
      unitOfWork,
      box: secretBox,
      cloud,
      terraform,
      defaultRegion: config.awsDefaults.region ?? null,
      awsRegions: config.awsRegions,
    }),
    parameters: createParameterService({
      unitOfWork,
      box: secretBox,
      probe: tools.probe,
      workspace,
      sizes,
    }),
    metrics: createMetricsService(unitOfWork, metrics),
    idempotency: createIdempotencyService({
      unitOfWork,
      clock: systemClock,
      holder,
      // The lock on the data directory proves that an earlier run on it is dead.
      mayLive: (other) => other === holder || !other.startsWith(`${site}:`),
    }),
    operations: createOperationService({
      unitOfWork,
      wakeups,
      events,
      cursors,
      metrics,
      ids: uuidSource,
      targets,
      sizes,
      site,
      defaultTarget: config.target,
      awsDefaults: config.awsDefaults,
      awsRegions: config.awsRegions,
    }),
    readiness,
    config,
    localCallers,
    logger: log,
  });
  closers.push(() => app.close());
  const urls = await listen(app, config);
  log.info({ urls, database: database.description, site }, 'Hathi is ready');
  void tellOfTools(readiness, log);
  return urls;
}

function toolsOf(config: Config) {
  const env = config.toolEnvironment;
  const cloud = createAwsCloud();
  const targets = {
    local: createDockerTarget({ assetsRoot: ASSETS_ROOT, env }),
    aws: createAwsTarget(cloud, { env }),
  };
  const terraform = createTerraform({
    assetsRoot: ASSETS_ROOT,
    cacheFolder: join(config.dataDirectory, 'terraform-cache'),
    enginePath: config.terraformPath ?? undefined,
    cliConfigFile: config.terraformCliConfigPath ?? undefined,
    env,
  });
  const ansible = createAnsible({
    assetsRoot: ASSETS_ROOT,
    playbookPath: config.ansiblePlaybookPath ?? undefined,
    env,
  });
  return { cloud, targets, terraform, ansible, defaultTarget: config.target };
}

export interface MachineCheck extends ReadinessCheck {
  /** Whether the server cannot work without it. */
  required: boolean;
}

/** Looks for everything that Hathi uses on this machine; no server needs to run. Never throws. */
export async function inspectMachine(config: Config): Promise<MachineCheck[]> {
  const env = config.toolEnvironment;
  const look = async (
    name: string,
    required: boolean,
    find: () => Promise<string>,
  ): Promise<MachineCheck> =>
    await find().then(
      (message) => ({ name, required, ready: true, message }),
      (error: Error) => ({ name, required, ready: false, message: error.message }),
    );
  const tools = await Promise.all(toolChecks(toolsOf(config)));
  return [
    {
      name: 'node',
      required: true,
      ready: true,
      message: `${process.version}, ${process.execPath}`,
    },
    ...tools.map((check) => ({ ...check, required: true })),
    await look('ssh', true, () => versionLine('ssh', ['-V'], env)),
    await look('psql', false, () => versionLine('psql', ['--version'], env)),
    ...(await Promise.all(
      SESSION_TOOLS.map((tool) =>
        // The target has the name of AWS already.
        look(tool.program === 'aws' ? 'aws-cli' : tool.program, false, () =>
          findSessionTool(tool, env).catch((error: Error) => {
            throw new Error(`only for AWS with connection ssm: ${error.message}`);
          }),
        ),
      ),
    )),
    { name: 'data', required: false, ready: true, message: config.dataDirectory },
  ];
}

/** Starts a server that outlives this process; its log lies in the data directory. */
export function startServerInBackground(
  config: Config,
  environment: Environment,
): BackgroundProcess & { logPath: string } {
  const logPath = join(config.dataDirectory, 'server.log');
  const program = fileURLToPath(import.meta.url);
  return {
    logPath,
    ...startInBackground(program, { logPath, env: serverEnvironmentOf(environment) }),
  };
}

/** What is missing is known before the first request needs it; and looking takes a second, once. */
async function tellOfTools(
  readiness: ReadinessService,
  log: ReturnType<typeof createLogger>,
): Promise<void> {
  for (const { name, ready, message } of await readiness.checks()) {
    if (ready) log.info(`${name}: ${message}`);
    else log.warn(`${name} is not ready: ${message}`);
  }
}

function packageVersion(): string {
  const text = readFileSync(join(ASSETS_ROOT, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

async function openDatabase(config: Config): Promise<Database> {
  if (config.databaseUrl !== null) return await openPostgres(config.databaseUrl);
  return await openEmbedded(config.dataDirectory);
}

/** Starts the server and ends this process with it, at a signal. */
export async function runServer(config: Config): Promise<void> {
  confineProcess(config.toolEnvironment);
  const server = await startServer(config);
  console.error(`Hathi answers at ${server.urls.join(' and ')}`);
  const stop = () => {
    setTimeout(() => process.exit(1), SHUTDOWN_SECONDS * 1000).unref();
    server.close().then(
      () => process.exit(0),
      (error) => {
        console.error(sentenceOf(error));
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await runServer(readConfig());
  } catch (error) {
    // A person reads this: the sentence, not its place in the code.
    console.error(sentenceOf(asDiskFull(error) ?? error));
    process.exit(1);
  }
}
