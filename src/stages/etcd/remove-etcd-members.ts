import { z } from 'zod';
import { plannedNodes } from '../../core/cluster/topology.ts';
import { HathiError } from '../../core/errors.ts';
import type { NodeSessions } from '../../ports/node-sessions.ts';
import type { Stage } from '../../ports/stage.ts';
import type { Targets } from '../../ports/target.ts';
import type { Workspace } from '../../ports/workspace.ts';
import { callVerb } from '../../shared/call-verb.ts';

export interface RemoveEtcdMembersTools {
  sessions: NodeSessions;
  workspace: Workspace;
  targets: Targets;
}

const ETCD_SECONDS = 60;

const removedSchema = z.object({ removed: z.array(z.string()), members: z.array(z.string()) });

/**
 * Removes the members of etcd that are not in the spec, through a member that stays. A member that
 * is removed already is left alone, so the stage can be repeated.
 */
export function createRemoveEtcdMembersStage(
  tools: RemoveEtcdMembersTools,
): Stage<'remove-etcd-members'> {
  return {
    name: 'remove-etcd-members',
    afterCrash: 'run-again',
    async run({ cluster }) {
      const keep = plannedNodes(cluster.spec)
        .filter(({ etcd }) => etcd)
        .map(({ name }) => name);
      const result = await callVerb(tools, cluster, {
        node: keep[0] ?? '',
        verb: 'etcd_remove',
        args: ({ etcd }) => ({ etcd, keep, seconds: ETCD_SECONDS }),
        // One more for each request that begins at the end.
        seconds: 2 * ETCD_SECONDS,
      });
      if (result.problem) {
        throw new HathiError(
          'ETCD_NOT_READY',
          `No member of etcd was removed from cluster ${cluster.name}, or not all: ${result.problem}.`,
          { cluster: cluster.name, remedies: [{ action: 'show-cluster', cluster: cluster.name }] },
        );
      }
      return { cluster: cluster.name, ...removedSchema.parse(result) };
    },
  };
}
