import { HathiError } from '../core/errors.ts';
import type { Target, Targets } from '../ports/target.ts';

/** @throws INVALID_REQUEST for a target that this server does not have */
export function targetOf(
  { spec }: { spec: { target: string } },
  { targets }: { targets: Targets },
): Target {
  const target = targets.get(spec.target);
  if (target) return target;
  const names = [...targets.keys()].join(', ');
  throw new HathiError(
    'INVALID_REQUEST',
    `target: this server has no target ${spec.target}; it has ${names}.`,
    { errors: [{ path: '/target', message: `must be one of ${names}`, expected: names }] },
  );
}
