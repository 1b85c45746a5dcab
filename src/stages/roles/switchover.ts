import { HathiError, isHathiError } from '../../core/errors.ts';
import { observedTopology } from '../../core/postgres/observed-topology.ts';
import type { Clock } from '../../ports/clock.ts';
import type { NodeSessions } from '../../ports/node-sessions.ts';
import type { Probe, ProbeSession } from '../../ports/probe.ts';
import type { SecretBox } from '../../ports/secrets.ts';
import type { Stage, StageContext } from '../../ports/stage.ts';
import type { Targets } from '../../ports/target.ts';
import type { Workspace } from '../../ports/workspace.ts';
import { sessionRequests } from '../../shared/node-facts.ts';
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

/** Input of the operation `switchover`. */
export interface SwitchoverInput {
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
      const { from, to } = operation.input as unknown as SwitchoverInput;
      const secret = (name: string) =>
        requireSecret(context, tools.secretBox, name, 'execute-ansible-script');
      return await withNodeSession(tools, cluster, secret, async (session) => {
        const began = tools.clock.now().getTime();
        const before = await observe(tools, session);
        if (before.primary === from) await request(tools, context, { from, to });
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
  const opened = sessionRequests(tools, cluster).find(({ node }) => node.name === from);
  if (opened === undefined) throw refused(cluster.name, `the node ${from} does not exist`);
  const session = tools.sessions.open(opened, { onFacts: () => {}, onEnd: () => {} });
  const args = {
    patroni: opened.settings.patroni,
    leader: from,
    candidate: to,
    seconds: SWITCHOVER_SECONDS,
  };
  try {
    const milliseconds = (SWITCHOVER_SECONDS + CALL_RESERVE_SECONDS) * 1_000;
    const result = (await session.call('switchover', args, milliseconds)) as { problem?: string };
    if (result.problem) throw refused(cluster.name, result.problem);
  } finally {
    session.close();
  }
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
    if (topology !== null && primary !== null && primary !== from) {
      if (to === null || primary === to) return topology;
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
