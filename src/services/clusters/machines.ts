import type { Clock } from '../../ports/clock.ts';
import type { ClusterRecord } from '../../ports/stores.ts';
import type { MachineState, Targets } from '../../ports/target.ts';
import { targetOf } from '../../shared/targets.ts';

/** States of a cluster's machines at one moment. */
export interface Machines {
  states: ReadonlyMap<string, MachineState['state']>;
  /** ISO 8601, UTC. */
  observedAt: string;
}

/** Callers within this time share one observation: it costs a process or a request to the cloud. */
const SHARED_MILLISECONDS = 2_000;
/** After this time, the response does not contain the states. */
const TIMEOUT_MILLISECONDS = 5_000;

/**
 * @returns a function that observes the machines of a cluster; it resolves to null where that fails
 */
export function createMachineObserver({ targets, clock }: { targets: Targets; clock: Clock }) {
  const recent = new Map<string, { until: number; machines: Promise<Machines | null> }>();

  async function observe(cluster: ClusterRecord, names: string[]): Promise<Machines | null> {
    const timeout = new AbortController();
    const late = clock.sleep(TIMEOUT_MILLISECONDS, timeout.signal).then(
      () => null,
      () => null,
    );
    const asked = targetOf(cluster, { targets })
      .observe(cluster, names)
      .then(
        ({ nodes }): Machines => ({
          states: new Map(nodes.map(({ name, state }) => [name, state])),
          observedAt: clock.now().toISOString(),
        }),
        () => null,
      );
    return await Promise.race([asked, late]).finally(() => timeout.abort());
  }

  return async (cluster: ClusterRecord): Promise<Machines | null> => {
    if (cluster.nodes === null) return null;
    const now = clock.now().getTime();
    const known = recent.get(cluster.id);
    if (known && known.until > now) return await known.machines;
    for (const [id, { until }] of recent) if (until <= now) recent.delete(id);
    const machines = observe(
      cluster,
      cluster.nodes.map(({ name }) => name),
    );
    recent.set(cluster.id, { until: now + SHARED_MILLISECONDS, machines });
    return await machines;
  };
}
