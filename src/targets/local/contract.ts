import type { TargetContract } from '../../ports/target.ts';

export const localContract = { name: 'local', settings: null } as const satisfies TargetContract;
