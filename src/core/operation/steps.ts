/**
 * The public steps, a frozen contract: one path at the root each. New stages of the engine add
 * none.
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
