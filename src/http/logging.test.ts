import { expect, test } from 'vitest';
import { fakeApp } from '../../test/support/fake-app.ts';
import { createLogger } from './logging.ts';

test('a token reaches no line of the log', async () => {
  const lines: string[] = [];
  const logger = createLogger('trace', { write: (line) => void lines.push(line) });
  const token = 'a-token-that-only-tests-know';
  const { app } = await fakeApp({ token }, { logger });
  const headers = { authorization: `Bearer ${token}` };
  const response = await app.inject({ url: '/nothing', headers });
  logger.info({ req: { headers }, headers, token, spec: { password: token } }, 'by mistake');
  await app.close();
  expect(lines.join('')).not.toContain(token);
  expect(lines.join('')).toContain(response.json().request_id);
});
