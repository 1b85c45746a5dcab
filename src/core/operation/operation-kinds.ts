/** The steps Hathi knows. One name for the stage, its events and its path. */
export const STAGE_NAMES = [
  'generate-terraform',
  'plan-terraform',
  'apply-terraform',
  'create-ansible-script',
  'execute-ansible-script',
  'verify-replication',
  'destroy-terraform',
] as const;
export type StageName = (typeof STAGE_NAMES)[number];

/** A kind with one stage is what a step call makes; the others run a path of stages. */
export const OPERATION_KINDS = {
  'generate-terraform': ['generate-terraform'],
  'plan-terraform': ['plan-terraform'],
  'apply-terraform': ['apply-terraform'],
  'create-ansible-script': ['create-ansible-script'],
  'execute-ansible-script': ['execute-ansible-script'],
  'verify-replication': ['verify-replication'],
  'destroy-terraform': ['destroy-terraform'],
  'create-cluster': [
    'generate-terraform',
    'plan-terraform',
    'apply-terraform',
    'create-ansible-script',
    'execute-ansible-script',
    'verify-replication',
  ],
} as const satisfies Record<string, readonly StageName[]>;
export type OperationKind = keyof typeof OPERATION_KINDS;

/** The stages of a kind, in the order in which they run. */
export function stagesOf(kind: OperationKind): readonly StageName[] {
  return OPERATION_KINDS[kind];
}

/** The stage before which an operation waits for a person, unless approval is automatic. */
export const STAGE_THAT_NEEDS_APPROVAL: StageName = 'apply-terraform';

/**
 * Stages that must never be run again by themselves after a crash, since what they did to the
 * world may be in no record yet. Every other stage converges and is simply run again.
 */
export const STAGES_NOT_REPEATED: readonly StageName[] = ['apply-terraform', 'destroy-terraform'];
