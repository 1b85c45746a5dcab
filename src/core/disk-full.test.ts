import { expect, it } from 'vitest';
import { asDiskFull, isDiskFullMessage, tooLittleSpace } from './disk-full.ts';
import { HathiError } from './errors.ts';

const withCode = (code: string, cause?: unknown) =>
  Object.assign(new Error('write failed', { cause }), { code, path: '/data/file' });

it.each(['ENOSPC', 'EDQUOT', '53100'])('treats %s as a full disk, also as a cause', (code) => {
  for (const error of [withCode(code), new Error('outer', { cause: withCode(code) })]) {
    expect(asDiskFull(error)).toMatchObject({ code: 'DISK_FULL' });
  }
});

it('treats no other error as a full disk, and does not change the errors of Hathi', () => {
  const full = tooLittleSpace('/data', 2 ** 20, 2 ** 26, 'apply the plan');
  expect(full.message).toMatch(/\/data has 1\.0 MiB free, and Hathi needs 64\.0 MiB to apply/);
  expect(asDiskFull(full)).toBe(full);
  const other = new HathiError('TERRAFORM_FAILED', 'no', {}, { cause: withCode('ENOSPC') });
  for (const error of [withCode('EACCES'), other, 'ENOSPC', null]) {
    expect(asDiskFull(error)).toBeNull();
  }
});

it('finds a full disk in the output of a program', () => {
  expect(isDiskFullMessage('write terraform.tfstate: no space left on device')).toBe(true);
  expect(isDiskFullMessage('Disk quota exceeded')).toBe(true);
  expect(isDiskFullMessage('space')).toBe(false);
});
