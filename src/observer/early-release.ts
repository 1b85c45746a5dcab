import type { ClusterNode } from '../core/cluster/topology.ts';
import type { LeaseRelease } from '../core/observation/failover.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { NodeSession } from '../ports/node-sessions.ts';

/** Longest search for a proof. Without one, Patroni fails over when the lease ends. */
const PROOF_MILLISECONDS = 60_000;
const PAUSE_MILLISECONDS = 250;
/** Longest wait for the connections to a majority of etcd. */
const CONNECTION_MILLISECONDS = 15_000;
const CALL_MILLISECONDS = 5_000;
/** A route that the server could not remove ends after this time. */
const ROUTE_SECONDS = 30;
/** etcd elects a leader after the loss of a member, and does not respond meanwhile. */
const RELEASE_MILLISECONDS = 15_000;

/** A node that is connected. */
export interface Survivor {
  node: ClusterNode;
  session: NodeSession;
  /** Access of its etcd; null for a node that is not a member. */
  etcd: object | null;
}

export interface EarlyReleaseTools {
  clock: Pick<Clock, 'now' | 'sleep'>;
  log: Pick<Log, 'info' | 'warn'>;
}

export interface EarlyReleaseRequest {
  cluster: string;
  /** The primary whose connection was lost. */
  dead: ClusterNode;
  /** Number of etcd members that are a majority. */
  majority: number;
  provesDown(): Promise<boolean>;
  survivors(): readonly Survivor[];
  /** Whether the release is still useful: the node is not connected, and no other primary exists. */
  isNeeded(): boolean;
  signal: AbortSignal;
}

interface LeaderLease {
  leader: string | null;
  lease: string | null;
  paused: boolean;
  problem?: string;
}

/**
 * Revokes the lease of a primary whose machine is proven to be down, so that Patroni promotes a replica
 * at once instead of after the ttl.
 *
 * The survivors first drop all packets to its address. A machine that starts after the proof then
 * reaches no etcd and no Patroni, so it cannot lead with the lease that is revoked. The proof is
 * repeated after that. The routes are removed at the end, also by the nodes themselves.
 * @returns null without a proof, in maintenance mode, and if another node leads
 */
export async function releaseEarly(
  tools: EarlyReleaseTools,
  request: EarlyReleaseRequest,
): Promise<LeaseRelease | null> {
  const { clock, log } = tools;
  const { cluster, dead } = request;
  const facts = { cluster, node: dead.name };
  const provenAt = await proof(tools, request);
  if (provenAt === null) return null;
  const survivors = await connectedMajority(tools, request);
  const members = survivors.filter(isMember);
  if (members.length < request.majority) {
    log.warn(facts, 'the lease was not released: too few members of etcd are connected');
    return null;
  }
  const isolated: Survivor[] = [];
  try {
    await Promise.all(
      survivors.map(async (survivor) => {
        isolated.push(survivor);
        const args = { address: dead.address, seconds: ROUTE_SECONDS };
        const result = await survivor.session.call('isolate', args, CALL_MILLISECONDS);
        throwProblem(result);
      }),
    );
    const released = await revoke(tools, request, members);
    if (!released) return null;
    const at = clock.now().toISOString();
    log.info(facts, 'released the lease of a primary whose machine is down');
    return { node: dead.name, proven_down_at: provenAt, released_at: at };
  } catch (error) {
    log.warn({ ...facts, error: String(error) }, 'the lease was not released');
    return null;
  } finally {
    void rejoin(tools, request, isolated);
  }
}

/** Time of the proof; null if there is none in time. */
async function proof(
  { clock }: EarlyReleaseTools,
  request: EarlyReleaseRequest,
): Promise<string | null> {
  const deadline = clock.now().getTime() + PROOF_MILLISECONDS;
  while (clock.now().getTime() < deadline && request.isNeeded()) {
    if (request.signal.aborted) return null;
    if (await request.provesDown().catch(() => false)) return clock.now().toISOString();
    await clock.sleep(PAUSE_MILLISECONDS, request.signal).catch(() => {});
  }
  return null;
}

/**
 * The connected nodes. A server that was started after the failure has the proof before its connections,
 * so it waits for those of a majority of etcd.
 */
async function connectedMajority(
  { clock }: EarlyReleaseTools,
  request: EarlyReleaseRequest,
): Promise<readonly Survivor[]> {
  const deadline = clock.now().getTime() + CONNECTION_MILLISECONDS;
  for (;;) {
    const survivors = request.survivors();
    const isComplete = survivors.filter(isMember).length >= request.majority;
    const isOver = request.signal.aborted || clock.now().getTime() >= deadline;
    if (isComplete || isOver || !request.isNeeded()) return survivors;
    await clock.sleep(PAUSE_MILLISECONDS, request.signal).catch(() => {});
  }
}

function isMember({ etcd }: Survivor): boolean {
  return etcd !== null;
}

/** @returns whether the lease was revoked */
async function revoke(
  tools: EarlyReleaseTools,
  request: EarlyReleaseRequest,
  members: readonly Survivor[],
): Promise<boolean> {
  const { clock } = tools;
  const deadline = clock.now().getTime() + RELEASE_MILLISECONDS;
  for (let attempt = 0; clock.now().getTime() < deadline && request.isNeeded(); attempt++) {
    const member = members[attempt % members.length];
    if (member === undefined) return false;
    const found = await leaderLease(member, request.cluster, null).catch(() => null);
    if (found !== null && !found.problem) {
      // In maintenance mode a person decides.
      if (found.paused || found.leader !== request.dead.name) return false;
      // The proof is repeated behind the routes, directly before the revocation.
      if (!(await request.provesDown().catch(() => false))) return false;
      const done = await leaderLease(member, request.cluster, found).catch(() => null);
      if (done !== null && !done.problem) return true;
    }
    await clock.sleep(PAUSE_MILLISECONDS, request.signal);
  }
  return false;
}

async function leaderLease(
  { session, etcd }: Survivor,
  scope: string,
  revoke: { leader: string | null; lease: string | null } | null,
): Promise<LeaderLease> {
  const args = { scope, etcd, revoke };
  return (await session.call('leader_lease', args, CALL_MILLISECONDS)) as LeaderLease;
}

/** Removes the routes when a new primary exists, or after the time in which Patroni promotes one. */
async function rejoin(
  { clock }: EarlyReleaseTools,
  request: EarlyReleaseRequest,
  survivors: readonly Survivor[],
): Promise<void> {
  const deadline = clock.now().getTime() + PROMOTION_MILLISECONDS;
  while (request.isNeeded() && clock.now().getTime() < deadline && !request.signal.aborted) {
    await clock.sleep(PAUSE_MILLISECONDS, request.signal).catch(() => {});
  }
  const args = { address: request.dead.address };
  await Promise.allSettled(
    survivors.map(({ session }) => session.call('rejoin', args, CALL_MILLISECONDS)),
  );
}

/** Without the route, a candidate waits for the REST API of the dead machine before its promotion. */
const PROMOTION_MILLISECONDS = 8_000;

function throwProblem(result: unknown): void {
  const { problem } = result as { problem?: string };
  if (problem) throw new Error(problem);
}
