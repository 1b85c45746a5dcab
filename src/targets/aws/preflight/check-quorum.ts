import { ETCD_MEMBERS } from '../../../core/cluster/topology.ts';
import type { Finding } from '../../../core/plan/plan-context.ts';
import type { PreflightInput } from '../account/cloud.ts';
import { zoneWithMajority } from './network.ts';
import { warning } from './request.ts';

/**
 * Checks whether one of several zones would contain the majority of the etcd members. Another check
 * reports nodes that are all in one zone. Existing nodes stay in their zones, so only a new cluster
 * is checked.
 */
export function checkQuorum(
  { nodes, newNodes }: PreflightInput,
  zones: readonly string[],
  action: string,
): Finding[] {
  if (zones.length < 2 || newNodes < nodes) return [];
  const zone = zoneWithMajority(zones, Math.min(nodes, ETCD_MEMBERS));
  if (zone === null) return [];
  return [
    warning(
      'etcd-quorum',
      `Two of the ${ETCD_MEMBERS} etcd members would be in ${zone}. If that zone fails, the cluster accepts no writes until the zone is back.`,
      action,
    ),
  ];
}
