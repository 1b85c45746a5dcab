import { expect, it } from 'vitest';
import { missingStep, type StepRevisions } from './missing-step.ts';

const DONE: StepRevisions = {
  spec_revision: 3,
  infrastructure_revision: 2,
  terraform_generated_revision: 2,
  applied_revision: 2,
  ansible_generated_revision: 3,
  ansible_executed_revision: 3,
  nodes: [],
};

it.each([
  ['generate-terraform', null],
  ['plan-terraform', 'generate-terraform'],
  ['verify-replication', 'generate-terraform'],
] as const)('%s of no cluster needs %s', (step, missing) => {
  expect(missingStep(step, null, null)).toBe(missing);
});

it.each([
  ['plan-terraform', { terraform_generated_revision: 1 }, 'generate-terraform'],
  ['apply-terraform', { terraform_generated_revision: null }, 'generate-terraform'],
  ['apply-terraform', {}, 'plan-terraform'],
  ['create-ansible-script', { applied_revision: 1 }, 'apply-terraform'],
  ['create-ansible-script', { nodes: null }, 'apply-terraform'],
  ['execute-ansible-script', { applied_revision: null }, 'apply-terraform'],
  ['execute-ansible-script', { ansible_generated_revision: 2 }, 'create-ansible-script'],
  ['execute-ansible-script', {}, null],
  ['verify-replication', { ansible_executed_revision: null }, 'execute-ansible-script'],
  ['destroy-terraform', { terraform_generated_revision: null }, null],
] as const)('%s with %j needs %s', (step, changes, missing) => {
  expect(missingStep(step, { ...DONE, ...changes }, null)).toBe(missing);
});

it('applies a plan that creates, and not one that destroys', () => {
  expect(missingStep('apply-terraform', DONE, { destroy: false })).toBeNull();
  expect(missingStep('apply-terraform', DONE, { destroy: true })).toBe('plan-terraform');
});
