import { describe, expect, it } from 'vitest';
import {
  moduleTypes,
  namedActions,
  notInPolicy,
  OTHER_ACTIONS,
  POLICY_ACTIONS,
  POLICY_TEXT,
  PROVIDER_ACTIONS,
  sdkActions,
  standInActions,
} from '../../../../test/support/aws-actions.ts';

/**
 * Maximum length of a managed policy in characters, without white space.
 * @see IAM user guide, "IAM and AWS STS quotas"
 */
const MOST_CHARACTERS = 6_144;

const missing = (actions: readonly string[]) =>
  [...new Set(actions)].filter((action) => !POLICY_ACTIONS.has(action)).sort();

describe('the IAM policy to copy', () => {
  it('allows every call of the server', () => {
    expect(sdkActions().length).toBeGreaterThan(40);
    expect(missing(sdkActions())).toEqual([]);
    expect(missing(namedActions())).toEqual([]);
  });

  it('allows what the provider does for every resource of the module', () => {
    const types = [...new Set(moduleTypes())];
    expect(types.length).toBeGreaterThan(15);
    expect(types.filter((type) => PROVIDER_ACTIONS[type] === undefined)).toEqual([]);
    expect(missing(types.flatMap((type) => PROVIDER_ACTIONS[type] ?? []))).toEqual([]);
    expect(standInActions().length).toBeGreaterThan(40);
    expect(missing(standInActions())).toEqual([]);
    expect(missing(OTHER_ACTIONS)).toEqual([]);
  });

  it('allows nothing that no part of Hathi uses', () => {
    const used = new Set([
      ...sdkActions(),
      ...Object.values(PROVIDER_ACTIONS).flat(),
      ...OTHER_ACTIONS,
    ]);
    expect([...POLICY_ACTIONS].filter((action) => !used.has(action))).toEqual([]);
  });

  it('is valid in every partition, and not too long', () => {
    expect(POLICY_TEXT).not.toMatch(/arn:aws/);
    expect(POLICY_TEXT.replace(/\s/g, '').length).toBeLessThan(MOST_CHARACTERS);
  });
});

it('names actions that the policy lacks', () => {
  expect(notInPolicy(['RunInstances', '', 'DeleteFleets'])).toEqual(['DeleteFleets']);
});
