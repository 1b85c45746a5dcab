import { expect, test } from 'vitest';
import { commonSpecSchema } from './cluster-spec.ts';

const { locales } = commonSpecSchema.shape;

test.each(['de_DE.UTF-8', 'sr_RS.UTF-8@latin', 'fil_PH.UTF-8'])('%s is a locale', (locale) => {
  expect(locales.safeParse([locale]).success).toBe(true);
});

test.each(['C', 'de_DE', 'de_DE.ISO-8859-1', 'de_DE.UTF-8; id', '../de_DE.UTF-8', 'de_DE.UTF-8\n'])(
  '%j is no locale that a node can have',
  (locale) => {
    expect(locales.safeParse([locale]).success).toBe(false);
  },
);
