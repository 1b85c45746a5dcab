import type { NodeSettings } from './settings-verdict.ts';

/** PostgreSQL stops a replica if one of these is lower than on its primary. */
export const BOUND_TO_THE_PRIMARY = [
  'max_connections',
  'max_worker_processes',
  'max_wal_senders',
  'max_prepared_transactions',
  'max_locks_per_transaction',
] as const;

/**
 * Order of a rolling restart. `replicas-first` is safe for every change: Patroni starts a replica
 * with the value of its control file while that is higher, and the replica restarts once more after
 * the primary. `primary-first` saves that second restart, and is safe only for lowered values.
 */
export const RESTART_ORDERS = ['replicas-first', 'primary-first'] as const;
export type RestartOrder = (typeof RESTART_ORDERS)[number];

/** The bound parameters that differ between two lists of written values. */
export function changedBoundParameters(
  before: readonly { name: string; value: string }[],
  after: readonly { name: string; value: string }[],
): string[] {
  const valueIn = (list: typeof before, name: string) =>
    list.find((one) => one.name === name)?.value ?? null;
  return BOUND_TO_THE_PRIMARY.filter((name) => valueIn(before, name) !== valueIn(after, name));
}

/**
 * Compares the values that the nodes use, not the last written ones, because an interrupted change
 * leaves nodes with different values.
 * @param observed values of the bound parameters on every node with PostgreSQL
 * @param primary null if no primary was observed
 */
export function restartOrder(
  primary: string | null,
  observed: readonly NodeSettings[],
  wanted: readonly { name: string; value: string }[],
): RestartOrder {
  const values = new Map(observed.map((one) => [one.node, runningValues(one)]));
  const ofPrimary = primary === null ? undefined : values.get(primary);
  if (!ofPrimary || observed.some(({ reason }) => reason !== null)) return 'replicas-first';
  const changes = BOUND_TO_THE_PRIMARY.flatMap((name) => {
    const next = wanted.find((one) => one.name === name)?.value;
    return next === undefined ? [] : [{ name, next: Number(next) }];
  });
  const lowers = changes.some(({ name, next }) => next < (ofPrimary.get(name) ?? next));
  // No node may run with a lower value than the primary after its restart.
  const isSafe = changes.every(({ name, next }) =>
    [...values.values()].every(
      (running) => next <= (running.get(name) ?? Number.NEGATIVE_INFINITY),
    ),
  );
  return lowers && isSafe ? 'primary-first' : 'replicas-first';
}

function runningValues({ settings }: NodeSettings): Map<string, number> {
  return new Map(settings.map(({ name, setting }) => [name, Number(setting)]));
}
