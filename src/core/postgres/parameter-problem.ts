import type { ErrorCode } from '../errors.ts';

export type ParameterErrorCode = Extract<ErrorCode, `PARAMETER_${string}`>;

/** Why a parameter cannot be given. */
export interface ParameterProblem {
  code: ParameterErrorCode;
  name: string;
  /** A whole sentence that names the parameter, the value and what would be right. */
  message: string;
  /** What would be right, in a phrase. */
  expected: string | null;
  /** A name or value that can be used instead. */
  suggestion: string | null;
}
