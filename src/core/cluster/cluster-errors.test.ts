import { expect, it } from 'vitest';
import { clusterExists, clusterNotFound } from './cluster-errors.ts';

it('suggests the existing cluster with the nearest name, if one is similar', () => {
  const near = clusterNotFound('pico', ['orders', 'pyco']);
  expect(near.message).toBe('Cluster pico does not exist. Did you mean pyco?');
  expect(near.details).toMatchObject({ suggestion: 'pyco' });
  const far = clusterNotFound('pico', ['orders']);
  expect(far.message).toBe('Cluster pico does not exist.');
  expect(far.details).not.toHaveProperty('suggestion');
});

it('names the remedies of a cluster whose creation ended before it had nodes', () => {
  expect(clusterExists('a').message).toBe('Cluster a already exists.');
  const remedies = [{ action: 'forget-cluster', cluster: 'a' }] as const;
  const unmade = clusterExists('a', remedies);
  expect(unmade.message).toBe('Cluster a already exists. Its nodes were not created.');
  expect(unmade.details.remedies).toBe(remedies);
});
