import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { enginesHere } from '../../../test/support/terraform-engines.ts';
import { findEngine } from './engine.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hathi-engine-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Creates a program that only prints its version, in a separate folder. */
function engineWithVersion(name: 'terraform' | 'tofu', version: string): string {
  const bin = join(folder, `${name}-${version}`);
  mkdirSync(bin);
  const title = name === 'tofu' ? 'OpenTofu' : 'Terraform';
  writeFileSync(
    join(bin, name),
    `#!/bin/sh\nif [ "$2" = -json ]; then echo '{"terraform_version":"${version}"}'; else echo '${title} v${version}'; fi\n`,
  );
  chmodSync(join(bin, name), 0o755);
  return bin;
}
const env = { PATH: '/usr/bin:/bin' };

it.each(enginesHere())('finds the $name of this machine', async ({ name, path }) => {
  const engine = await findEngine({ path, searchPath: '', env: { ...env, HOME: folder } });
  expect(engine).toEqual({ name, path, version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
});

it('takes terraform before tofu, and tofu where terraform is too old', async () => {
  const old = engineWithVersion('terraform', '1.5.7');
  const tofu = engineWithVersion('tofu', '1.8.0-rc1');
  const newer = engineWithVersion('terraform', '1.6.0');
  const found = (...path: string[]) => findEngine({ searchPath: path.join(delimiter), env });
  await expect(found(tofu, newer)).resolves.toMatchObject({ name: 'terraform' });
  await expect(found(old, tofu)).resolves.toMatchObject({ name: 'tofu', version: '1.8.0-rc1' });
});

it('says what is too old, and how to get a newer one', async () => {
  const searchPath = engineWithVersion('terraform', '1.5.7');
  await expect(findEngine({ searchPath, env })).rejects.toMatchObject({
    code: 'TOOL_TOO_OLD',
    message: expect.stringMatching(/1\.5\.7.*1\.6\.0 or later.*make setup/s),
  });
});

it('says what is missing, and how to get it', async () => {
  await expect(findEngine({ searchPath: folder, env })).rejects.toMatchObject({
    code: 'TOOL_MISSING',
    message: expect.stringContaining('make setup'),
  });
  await expect(
    findEngine({ path: join(folder, 'none'), searchPath: '', env }),
  ).rejects.toMatchObject({ code: 'TOOL_MISSING' });
});

it('shows the own error of a program that exists but fails', async () => {
  const bin = join(folder, 'broken');
  mkdirSync(bin);
  const path = join(bin, 'terraform');
  const put = (text: string, mode = 0o755) => writeFileSync(path, text, { mode });
  const error = () => findEngine({ path, searchPath: '', env });
  put('#!/bin/sh\necho "cannot allocate memory" >&2; exit 3\n');
  await expect(findEngine({ searchPath: bin, env })).rejects.toMatchObject({
    code: 'TOOL_FAILED',
    message: expect.stringMatching(/terraform version -json.*exit code 3: cannot allocate memory/),
  });
  put('#!/nonexistent/python\n');
  await expect(error()).rejects.toMatchObject({
    code: 'TOOL_FAILED',
    message: expect.stringContaining('interpreter'),
  });
  put('#!/bin/sh\necho hello\n');
  await expect(error()).rejects.toMatchObject({ code: 'TOOL_FAILED' });
  chmodSync(path, 0o644);
  await expect(error()).rejects.toMatchObject({
    code: 'TOOL_FAILED',
    message: expect.stringContaining('may not execute'),
  });
});
