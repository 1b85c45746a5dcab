/** A change in the format of `show -json`. */
export interface RawChange {
  actions: string[];
  before?: unknown;
  after?: unknown;
  after_unknown?: unknown;
  /** Attributes that force a replacement, each as the steps of its path. */
  replace_paths?: (string | number)[][] | undefined;
}

/**
 * Returns the names of the attributes that differ. For a replacement, only those that force it.
 * Steps are joined by dots and indexes are left out, e.g. `root_block_device.volume_size`. Values
 * are not returned.
 */
export function changedAttributes(change: RawChange): string[] {
  const { actions, before, after, after_unknown: unknown, replace_paths: forced } = change;
  if (actions.includes('delete')) {
    if (!actions.includes('create')) return [];
    return unique(
      (forced ?? []).flatMap((path) => {
        const at = (value: unknown) => path.reduce(memberOf, value);
        const below = differing(at(before), at(after), at(unknown));
        return below.length === 0 ? [path] : below.map((more) => [...path, ...more]);
      }),
    );
  }
  return actions.includes('update') ? unique(differing(before, after, unknown)) : [];
}

type Path = (string | number)[];

/**
 * Returns the paths of the leaves that differ. The path is empty if the value itself is such a
 * leaf.
 */
function differing(before: unknown, after: unknown, unknown: unknown): Path[] {
  if (unknown === true) return [[]];
  if (!isObject(before) && !isObject(after)) return Object.is(before, after) ? [] : [[]];
  const keys = new Set(
    [before, after, unknown].flatMap((one) => (isObject(one) ? Object.keys(one) : [])),
  );
  return [...keys].flatMap((key) =>
    differing(memberOf(before, key), memberOf(after, key), memberOf(unknown, key)).map((path) => [
      key,
      ...path,
    ]),
  );
}

function memberOf(value: unknown, key: string | number): unknown {
  return isObject(value) ? value[key] : undefined;
}

const isObject = (value: unknown): value is Record<string | number, unknown> =>
  typeof value === 'object' && value !== null;

function unique(paths: readonly Path[]): string[] {
  const names = paths.map((path) => path.filter((step) => !/^\d+$/.test(String(step))).join('.'));
  return [...new Set(names.filter((name) => name !== ''))];
}
