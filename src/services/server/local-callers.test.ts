import { expect, test } from 'vitest';
import { createLocalCallers } from '../../adapters/system/local-callers.ts';
import { chooseLocalCallers, type LocalCallersSettings } from './local-callers.ts';

const CALLERS = { isOwner: async () => true };

async function choose(settings: Partial<LocalCallersSettings>, found: typeof CALLERS | null) {
  const warnings: string[] = [];
  const callers = await chooseLocalCallers(
    { token: null, localCallers: 'owner', ...settings },
    async () => found,
    (sentence) => warnings.push(sentence),
  );
  return { callers, warnings };
}

test.each(['owner', 'strict'] as const)(
  '%s checks callers where that is possible',
  async (policy) => {
    expect(await choose({ localCallers: policy }, CALLERS)).toEqual({
      callers: CALLERS,
      warnings: [],
    });
  },
);

test('owner warns where it is not possible', async () => {
  const { callers, warnings } = await choose({}, null);
  expect(callers).toBeNull();
  expect(warnings).toEqual([expect.stringMatching(/^Every user .* Set HATHI_TOKEN\.$/)]);
});

test('strict does not start where it is not possible', async () => {
  await expect(choose({ localCallers: 'strict' }, null)).rejects.toMatchObject({
    code: 'TOKEN_REQUIRED',
    message: expect.stringContaining('HATHI_TOKEN_FILE'),
  });
});

test('any checks nobody, with a warning', async () => {
  const { callers, warnings } = await choose({ localCallers: 'any' }, CALLERS);
  expect(callers).toBeNull();
  expect(warnings).toEqual([expect.stringContaining('HATHI_LOCAL_CALLERS')]);
});

test.each(['owner', 'strict', 'any'] as const)('with a token %s does nothing', async (policy) => {
  const settings = { token: 'a-token-of-a-test', localCallers: policy };
  expect(await choose(settings, null)).toEqual({ callers: null, warnings: [] });
});

test('a system without the tables of sockets shows no owners', async () => {
  expect(await createLocalCallers(0, ['/nonexistent/tcp', '/nonexistent/tcp6'])).toBeNull();
});
