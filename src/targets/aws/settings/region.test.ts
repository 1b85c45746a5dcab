import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { awsSettingsSchema } from './aws-settings.ts';
import { KNOWN_REGIONS, REGION_PATTERN, regionProblem } from './region.ts';

const MODULE = new URL('../../../../terraform/modules/aws/variables.tf', import.meta.url);

it('knows regions that its own patterns, and those of the module, accept', () => {
  const source = readFileSync(MODULE, 'utf8');
  const zonePatterns = [...source.matchAll(/regex\("(\^[^"]*\[a-h\]\$)", /g)].map(
    ([, pattern = '']) => new RegExp(pattern),
  );
  expect(zonePatterns.length).toBeGreaterThan(0);
  expect(KNOWN_REGIONS.length).toBeGreaterThan(40);
  for (const region of KNOWN_REGIONS) {
    expect(region).toMatch(REGION_PATTERN);
    const zone = `${region}a`;
    for (const pattern of zonePatterns) expect(zone).toMatch(pattern);
    const settings = { region, availability_zones: [zone] };
    expect(awsSettingsSchema.safeParse(settings).success, region).toBe(true);
  }
});

it('suggests the nearest region, and none where no region is near', () => {
  expect(regionProblem('eu-central-1', [])).toBeNull();
  expect(regionProblem('eu-cental-1', [])?.suggestion).toBe('eu-central-1');
  expect(regionProblem('eu-north-7', ['eu-north-7'])).toBeNull();
  expect(regionProblem('narnia', [])).toEqual({
    message: expect.stringContaining('name it in HATHI_AWS_REGIONS'),
    expected: 'a region, e.g. eu-central-1',
  });
});
