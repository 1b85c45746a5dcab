import type { ErrorCode } from '../errors.ts';

export type ParameterErrorCode = Extract<ErrorCode, `PARAMETER_${string}`>;

/** Reason why a parameter is rejected. */
export interface ParameterProblem {
  code: ParameterErrorCode;
  name: string;
  /** A sentence that names the parameter, the value and the valid values. */
  message: string;
  /** The valid values, as a phrase. */
  expected: string | null;
  /** A valid name or value to use instead. */
  suggestion: string | null;
}
