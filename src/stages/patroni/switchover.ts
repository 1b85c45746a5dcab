import { HathiError, isHathiError } from '../../core/errors.ts';
import { observedTopology } from '../../core/postgres/observed-topology.ts';
import type { Clock } from '../../ports/clock.ts';
import type { NodeSessions } from '../../ports/node-sessions.ts';
import type { Probe, ProbeSession } from '../../ports/probe.ts';
import type { SecretBox } from '../../ports/secrets.ts';
import type { Stage, StageContext } from '../../ports/stage.ts';
import type { Targets } from '../../ports/target.ts';
import type { Workspace } from '../../ports/workspace.ts';
import { callVerb } from '../../shared/call-verb.ts';
import { withNodeSession } from '../../shared/node-session.ts';
import { requireSecret } from '../cluster-secrets.ts';

export interface SwitchoverTools {
  probe: Probe;
  sessions: NodeSessions;
  secretBox: SecretBox;
  workspace: Workspace;
  targets: Targets;
  clock: Clock;
}

/** Input of the operation `switchover`. In another procedure, the stage names its node. */
interface SwitchoverInput {
  /** Primary at the time of the request. */
  from: string;
  /** null: Patroni chooses the replica. */
  to: string | null;
}

/** Patroni responds when the new primary accepts writes. The old one may need time to shut down. */
const SWITCHOVER_SECONDS = 120;
const CALL_RESERVE_SECONDS = 10;
/** Until the roles are observed with SQL after the response of Patroni. */
const ROLES_MILLISECONDS = 30_000;
const PAUSE_MILLISECONDS = 100;

/**
 * Makes a replica the primary. Repeated after a crash: a primary that has changed since the request
 * shows that the switchover was done.
 */
export function createSwitchoverStage(tools: SwitchoverTools): Stage<'switchover'> {
  return {
    name: 'switchover',
    afterCrash: 'run-again',
    async run(context) {
      const { cluster, operation } = context;
      const input = operation.input as Partial<SwitchoverInput>;
      const to = context.node ?? input.to ?? null;
      const secret = (name: string) =>
        requireSecret(context, tools.secretBox, name, 'execute-ansible-script');
      return await withNodeSession(tools, cluster, secret, async (session) => {
        const began = tools.clock.now().getTime();
        const { primary } = await observe(tools, session);
        const from = input.from ?? primary;
        if (from === null) throw refused(cluster.name, 'no node accepts writes');
        const isDone = primary !== from || primary === to;
        if (!isDone) await request(tools, context, { from, to });
        const topology = await waitForPrimary(tools, context, session, { from, to });
        await context.write(({ clusters }) => clusters.update(cluster.id, { topology }));
        return {
          cluster: cluster.name,
          previous_primary: from,
          primary: topology.primary ?? '',
          seconds: (tools.clock.now().getTime() - began) / 1_000,
          topology,
        };
      });
    },
  };
}

async function observe({ clock }: SwitchoverTools, session: ProbeSession) {
  return observedTopology(await session.observe(), clock.now());
}

/** @throws SWITCHOVER_REFUSED with the reason of Patroni */
async function request(
  tools: SwitchoverTools,
  { cluster }: StageContext,
  { from, to }: SwitchoverInput,
): Promise<void> {
  const { problem } = await callVerb(tools, cluster, {
    node: from,
    verb: 'switchover',
    args: ({ patroni }) => ({
      patroni,
      leader: from,
      candidate: to,
      seconds: SWITCHOVER_SECONDS,
    }),
    seconds: SWITCHOVER_SECONDS + CALL_RESERVE_SECONDS,
  });
  if (problem) throw refused(cluster.name, problem);
}

/** @throws SWITCHOVER_REFUSED if another node than the requested one is the primary */
async function waitForPrimary(
  tools: SwitchoverTools,
  { cluster, signal }: StageContext,
  session: ProbeSession,
  { from, to }: SwitchoverInput,
) {
  const deadline = tools.clock.now().getTime() + ROLES_MILLISECONDS;
  for (;;) {
    const topology = await observe(tools, session).catch((error: unknown) => {
      if (isHathiError(error, 'NODE_UNREACHABLE')) return null;
      throw error;
    });
    const primary = topology?.primary ?? null;
    if (topology !== null && primary !== null) {
      if (to === null ? primary !== from : primary === to) return topology;
    }
    if (primary !== null && primary !== from) {
      throw refused(cluster.name, `${primary} is the primary now, not ${from}`);
    }
    if (tools.clock.now().getTime() > deadline) {
      throw refused(cluster.name, `no other node than ${from} accepts writes`);
    }
    await tools.clock.sleep(PAUSE_MILLISECONDS, signal);
  }
}

function refused(cluster: string, why: string): HathiError {
  return new HathiError(
    'SWITCHOVER_REFUSED',
    `The roles of cluster ${cluster} did not change: ${why}.`,
    {
      cluster,
      remedies: [{ action: 'show-cluster', cluster }],
    },
  );
}
