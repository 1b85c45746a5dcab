import { expect, test } from 'vitest';
import { HathiError } from '../../core/errors.ts';
import { ERROR_GUIDE } from './error-guide.ts';
import { PROBLEM_CODES } from './http-error.ts';
import { problemOf, revive, STATUS_OF } from './problem.ts';

test('every code has a status and a guide, and every guide has a code', () => {
  const codes = Object.keys(PROBLEM_CODES).sort();
  expect(Object.keys(STATUS_OF).sort()).toEqual(codes);
  expect(Object.keys(ERROR_GUIDE).sort()).toEqual(codes);
  for (const status of Object.values(STATUS_OF)) expect(status).toBeGreaterThanOrEqual(400);
});

test('facts of an error never replace a member of the problem', () => {
  const facts = { status: 200, code: 'x', title: 'x', type: 'x', detail: 'x', tool: 'docker' };
  const error = new HathiError('TOOL_MISSING', 'No Docker.', facts, { cause: new Error('inner') });
  expect(problemOf(error, 'r1')).toEqual({
    type: '/errors/TOOL_MISSING',
    title: PROBLEM_CODES.TOOL_MISSING,
    status: 503,
    detail: 'No Docker.',
    code: 'TOOL_MISSING',
    request_id: 'r1',
    tool: 'docker',
  });
});

test('an unknown stored code becomes a failed operation', () => {
  for (const code of ['toString', '__proto__', 'NEWER']) {
    const error = revive({ code, message: 'm', details: {} }, { operation: 'o' });
    expect(error).toMatchObject({
      code: 'OPERATION_FAILED',
      message: 'm',
      details: { operation: 'o' },
    });
  }
});
