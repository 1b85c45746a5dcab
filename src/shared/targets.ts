import { invalidFields } from '../core/field-errors.ts';
import type { Target, Targets } from '../ports/target.ts';

/** @throws INVALID_REQUEST for a target that this server does not have */
export function targetOf(
  { spec }: { spec: { target: string } },
  { targets }: { targets: Targets },
): Target {
  const target = targets.get(spec.target);
  if (target) return target;
  const names = [...targets.keys()].join(', ');
  const message = `must be one of ${names}, not ${spec.target}`;
  throw invalidFields([{ path: '/target', message, expected: names }]);
}

export function targetsByName(...targets: readonly Target[]): Targets {
  return new Map(targets.map((target) => [target.name, target]));
}
