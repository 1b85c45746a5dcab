import type { Finding } from '../../../core/plan/plan-context.ts';
import { codeOf, isAboutAccess, isDenied } from '../account/aws-errors.ts';

/** A request that failed. The preflight continues, because the other requests can succeed. */
export class RequestFailed extends Error {
  readonly permission: string;
  readonly denied: boolean;

  constructor(permission: string, cause: unknown) {
    super(codeOf(cause), { cause });
    this.name = 'RequestFailed';
    this.permission = permission;
    this.denied = isDenied(cause);
  }
}

/**
 * @param permission the action as a policy names it, e.g. `ec2:DescribeImages`
 * @throws RequestFailed | the SDK's own error if every other request would fail as well
 */
export async function request<T>(permission: string, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (isAboutAccess(error) || error instanceof RequestFailed) throw error;
    throw new RequestFailed(permission, error);
  }
}

/** Returns the findings of one check, or a warning if its request failed. */
export async function findingsOf(
  check: string,
  findings: () => Promise<Finding[]>,
): Promise<Finding[]> {
  try {
    return await findings();
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    return [notChecked(check, error)];
  }
}

function notChecked(check: string, { permission, denied, message }: RequestFailed): Finding {
  return denied
    ? warning(
        check,
        `This was not checked: the credentials may not do ${permission}.`,
        `Allow ${permission} to the user or role, or go on without this check.`,
      )
    : warning(
        check,
        `This was not checked: AWS answered ${permission} with ${message}.`,
        'Check it by hand, or plan again later.',
      );
}

export const error = (check: string, message: string, action: string): Finding => ({
  check,
  severity: 'error',
  message,
  action,
});

export const warning = (check: string, message: string, action: string): Finding => ({
  check,
  severity: 'warning',
  message,
  action,
});

export const info = (check: string, message: string): Finding => ({
  check,
  severity: 'info',
  message,
  action: '',
});
