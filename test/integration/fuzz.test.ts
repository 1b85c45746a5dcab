import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { runSchemathesis } from '../fuzz/schemathesis.ts';

const HEARTBEAT_MILLISECONDS = 100;
const folder = mkdtempSync(join(tmpdir(), 'hathi-fuzz-'));
const clean: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of clean.splice(0)) await step();
  await rm(folder, { recursive: true, force: true });
});

/** @param respond for `GET /endless`, the only operation */
async function plantedServer(respond: (response: ServerResponse) => void): Promise<string> {
  const responses = { 200: { description: 'ok' } };
  const description = {
    openapi: '3.1.0',
    info: { title: 'planted', version: '1' },
    paths: { '/endless': { get: { operationId: 'endless', responses } } },
  };
  const server = createServer((request, response) => {
    if (request.url === '/endless') return respond(response);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(description));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  clean.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/openapi.json`;
}

const run = (description: string) =>
  runSchemathesis({ description, seed: 1, examples: 1, folder, limitSeconds: 60, stallSeconds: 3 });

it('stops a run that follows a stream without an end, and names the request', async () => {
  const description = await plantedServer((response) => {
    response.setHeader('content-type', 'text/event-stream');
    const beat = setInterval(() => response.write(': heartbeat\n\n'), HEARTBEAT_MILLISECONDS);
    response.once('close', () => clearInterval(beat));
  });
  const { report, problem } = await run(description);
  expect(report).toBeNull();
  expect(problem).toMatch(
    /no progress for 3 s.* No complete response to GET \/endless '\/endless'/,
  );
});

it('gives the reason for a run that has no results', async () => {
  const { report, problem } = await run('http://127.0.0.1:1/openapi.json');
  expect(report).toBeNull();
  expect(problem).toMatch(
    /exit code \d+ and wrote no report with results\. It had sent no request\./,
  );
});

it('reads the report of a run that came to its end', async () => {
  const { report, problem } = await run(await plantedServer((response) => response.end('{}')));
  expect(problem).toBeNull();
  expect(report?.operations.total).toBe(1);
});
