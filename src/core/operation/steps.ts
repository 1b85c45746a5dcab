/**
 * The public steps, a frozen contract: each has one path at the root. New stages of the engine add
 * no step.
 */
export const STEPS = [
  'generate-terraform',
  'plan-terraform',
  'apply-terraform',
  'create-ansible-script',
  'execute-ansible-script',
  'verify-replication',
  'destroy-terraform',
] as const;
export type Step = (typeof STEPS)[number];
