import { stepMissing } from '../../core/cluster/missing-step.ts';
import type { Topology } from '../../core/cluster/topology.ts';
import { HathiError } from '../../core/errors.ts';
import { parametersOf } from '../../core/postgres/cluster-parameters.ts';
import { observedTopology } from '../../core/postgres/observed-topology.ts';
import {
  BOUND_TO_THE_PRIMARY,
  changedBoundParameters,
  type RestartOrder,
  restartOrder,
} from '../../core/postgres/restart-order.ts';
import { judgeSettings, type SettingDifference } from '../../core/postgres/settings-verdict.ts';
import { runStep } from '../../core/remedy.ts';
import type { Ansible, PlayedPlaybook } from '../../ports/ansible.ts';
import type { Clock } from '../../ports/clock.ts';
import type { NodeBoot } from '../../ports/node-boot.ts';
import type { Probe, ProbeSession } from '../../ports/probe.ts';
import type { SecretBox } from '../../ports/secrets.ts';
import type { Stage, StageContext } from '../../ports/stage.ts';
import type { ClusterRecord, NodeSize } from '../../ports/stores.ts';
import type { Targets } from '../../ports/target.ts';
import type { Workspace } from '../../ports/workspace.ts';
import { withNodeSession } from '../../shared/node-session.ts';
import { sshConfigPath } from '../../shared/ssh-config-path.ts';
import { requireSecret } from '../cluster-secrets.ts';
import { missingFile } from '../terraform/terraform-tools.ts';
import { causesOf, causeText } from './playbook-causes.ts';

export interface ExecuteAnsibleScriptTools {
  ansible: Ansible;
  probe: Probe;
  nodeBoot: NodeBoot;
  secretBox: SecretBox;
  workspace: Workspace;
  targets: Targets;
  clock: Clock;
  nodeSizes(cluster: ClusterRecord): Promise<NodeSize>;
}

const FAILURES_NAMED = 3;

/** PostgreSQL reloads its files within milliseconds; a loaded node takes longer. */
const RELOAD_MILLISECONDS = 15_000;
const PAUSE_MILLISECONDS = 200;

/** Exit code of Ansible for an interrupted run. */
const INTERRUPTED_EXIT_CODE = 99;

/** Runs the playbook. It converges, so an interrupted run is repeated. */
export function createExecuteAnsibleScriptStage(
  tools: ExecuteAnsibleScriptTools,
): Stage<'execute-ansible-script'> {
  return {
    name: 'execute-ansible-script',
    afterCrash: 'run-again',
    async run(context) {
      const { cluster } = context;
      const secret = (name: string) =>
        requireSecret(context, tools.secretBox, name, 'execute-ansible-script');
      await requireFiles(tools, cluster);
      for (const name of ['superuser', 'replication', 'rewind']) {
        await secret(`postgres-${name}-password`); // Masked from now on.
      }
      const folder = tools.workspace.path(cluster.name, 'ansible');
      const ssh = sshConfigPath(tools, cluster);
      if (ssh !== null) await waitForNodes(tools, context, ssh);
      const order = await decideRestartOrder(tools, cluster, secret);
      const played = await tools.ansible.play(context.children, folder, { restartOrder: order });
      assertTrialPassed(cluster.name, played);
      assertPlayedWell(played);
      const { parameters, topology } = await withNodeSession(tools, cluster, secret, (session) =>
        observe(tools, context, session),
      );
      await context.write(({ clusters }) =>
        clusters.update(cluster.id, {
          topology,
          // The executed files can belong to an older spec.
          ansible_executed_revision: cluster.ansible_generated_revision,
          ...(cluster.ansible_generated_revision === cluster.spec_revision
            ? { executed_spec: cluster.spec }
            : {}),
        }),
      );
      return {
        cluster: cluster.name,
        recap: played.recap,
        changed: Object.values(played.recap).reduce((sum, { changed }) => sum + changed, 0),
        parameters,
        topology,
        connection: `/api/v1/clusters/${cluster.name}/connection`,
      };
    },
  };
}

/** Machines may still boot after their apply has ended. */
async function waitForNodes(
  tools: ExecuteAnsibleScriptTools,
  { cluster, signal, emit }: StageContext,
  sshConfig: string,
): Promise<void> {
  await tools.nodeBoot.waitUntilReady({
    nodes: cluster.nodes ?? [],
    sshConfig,
    target: cluster.spec.target,
    signal,
    onReady: (node) => emit({ type: 'node.ready', data: { node } }),
  });
}

/**
 * Observes the nodes only if a change of the written values can need another order, because the
 * sessions to all nodes take time in every run.
 */
async function decideRestartOrder(
  tools: ExecuteAnsibleScriptTools,
  cluster: ClusterRecord,
  secret: (name: string) => Promise<string>,
): Promise<RestartOrder> {
  if (cluster.executed_spec === null) return 'replicas-first';
  const size = await tools.nodeSizes(cluster);
  const wanted = parametersOf(cluster, size);
  const changed = changedBoundParameters(
    parametersOf({ spec: cluster.executed_spec }, size),
    wanted,
  );
  if (changed.length === 0) return 'replicas-first';
  return await withNodeSession(tools, cluster, secret, async (session) => {
    const [settings, observations] = await Promise.all([
      session.settings(BOUND_TO_THE_PRIMARY),
      session.observe(),
    ]);
    const { primary } = observedTopology(observations, tools.clock.now());
    return restartOrder(primary, settings, wanted);
  });
}

/** Settings and roles that the nodes report. */
async function observe(
  tools: ExecuteAnsibleScriptTools,
  context: StageContext,
  session: ProbeSession,
): Promise<{ parameters: { checked: number; nodes: number }; topology: Topology }> {
  const parameters = await readBack(tools, context, session);
  return { parameters, topology: observedTopology(await session.observe(), tools.clock.now()) };
}

/**
 * Reads every parameter back on every node, until all have the written values or the timeout ends.
 * @returns the number of parameters and of nodes
 * @throws PARAMETER_NOT_APPLIED naming node, parameter and both values
 */
async function readBack(
  tools: ExecuteAnsibleScriptTools,
  { cluster, signal }: StageContext,
  session: ProbeSession,
): Promise<{ checked: number; nodes: number }> {
  const expected = parametersOf(cluster, await tools.nodeSizes(cluster));
  const deadline = tools.clock.now().getTime() + RELOAD_MILLISECONDS;
  for (;;) {
    const observed = await session.settings(expected.map(({ name }) => name));
    const differences = judgeSettings(expected, observed);
    if (differences.length === 0) return { checked: expected.length, nodes: observed.length };
    if (tools.clock.now().getTime() >= deadline) throw notApplied(differences);
    await tools.clock.sleep(PAUSE_MILLISECONDS, signal);
  }
}

function notApplied(differences: readonly SettingDifference[]): HathiError {
  const named = differences
    .slice(0, FAILURES_NAMED)
    .map(
      ({ node, name, expected, found, reason }) =>
        `${name} on ${node} is ${found ?? 'unknown'} instead of ${expected}: ${reason}`,
    );
  const more = differences.length - named.length;
  return new HathiError(
    'PARAMETER_NOT_APPLIED',
    `${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`,
    { differences },
  );
}

/**
 * Checks that the files of the workspace still exist, because a person can remove them.
 * @throws STEP_MISSING naming the missing file and the step that writes it
 */
async function requireFiles(
  { workspace }: ExecuteAnsibleScriptTools,
  { name }: ClusterRecord,
): Promise<void> {
  const writers = {
    'ansible/main.yml': 'create-ansible-script',
    'ansible/inventory/hosts': 'create-ansible-script',
    'ssh/id_ed25519': 'generate-terraform',
    'ssh/known_hosts': 'generate-terraform',
  } as const;
  for (const [file, missing] of Object.entries(writers)) {
    if ((await workspace.read(name, file)) !== null) continue;
    const path = workspace.path(name, ...file.split('/'));
    throw stepMissing('execute-ansible-script', missing, name, missingFile(path));
  }
}

/** @throws PARAMETER_REJECTED naming parameter, value, node and PostgreSQL's message */
function assertTrialPassed(cluster: string, { failures }: PlayedPlaybook): void {
  const failed = failures.find(({ rejected }) => rejected !== null);
  if (!failed?.rejected) return;
  const { parameter, value, reason } = failed.rejected;
  const words = parameter === null ? 'these parameters' : `${parameter} = '${value}'`;
  const body = parameter === null ? undefined : { [parameter]: null };
  throw new HathiError(
    'PARAMETER_REJECTED',
    `PostgreSQL on ${failed.host} does not work with ${words}: ${reason}. Nothing was changed on any node. Give another value, or reset it.`,
    {
      remedies: [
        runStep('create-ansible-script', cluster, body),
        runStep('execute-ansible-script', cluster),
      ],
      node: failed.host,
      parameter,
      value,
      reason,
      ...(parameter === null
        ? {}
        : { errors: [{ path: `/parameters/${parameter}`, message: reason }] }),
    },
  );
}

/**
 * @throws OPERATION_CANCELLED | OPERATION_INTERRUPTED | ANSIBLE_FAILED naming hosts, tasks and
 * messages
 */
function assertPlayedWell(played: PlayedPlaybook): void {
  if (played.exitCode === 0) return;
  if (played.cancelled) {
    throw new HathiError('OPERATION_CANCELLED', 'Ansible was stopped; running it again goes on.');
  }
  if (played.exitCode === INTERRUPTED_EXIT_CODE) {
    throw new HathiError(
      'OPERATION_INTERRUPTED',
      'Ansible was interrupted from outside; running it again goes on.',
    );
  }
  const causes = causesOf(played.failures);
  const named = causes.slice(0, FAILURES_NAMED).map(causeText);
  const more = causes.length - named.length;
  throw new HathiError(
    'ANSIBLE_FAILED',
    named.length > 0
      ? `${named.join(' ')}${more > 0 ? ` ${more} more nodes failed.` : ''}`
      : `Ansible ended with exit code ${played.exitCode}: ${played.lastOutput}`,
    { exit_code: played.exitCode, failures: causes, recap: played.recap },
  );
}
