import type { Condition } from '../core/observation/condition.ts';

const HOUR_MILLISECONDS = 3_600_000;
/** After a change of roles, replicas get this time to stream again before the verification. */
const SETTLE_MILLISECONDS = 60_000;
/** Shortest time between two automatic verifications of a cluster. */
const PAUSE_MILLISECONDS = 30_000;

export interface VerificationFacts {
  verified: Condition | null;
  streaming: Condition | null;
  failoverReady: Condition | null;
  primary: Condition | null;
  report: { passed: boolean; created_at: string } | null;
  /** Whether an operation changes the cluster. */
  isChanging: boolean;
  /** Milliseconds since 1970 of the last automatic verification; 0 if there was none. */
  last: number;
}

/**
 * Whether a verification is due: after a change of roles, when the conditions that a verification needs
 * hold again after a failed one, and every hour.
 */
export function needsVerification(facts: VerificationFacts, now: Date): boolean {
  const { verified, streaming, failoverReady, report } = facts;
  const time = now.getTime();
  if (facts.isChanging || facts.primary?.status !== 'true') return false;
  if (time - facts.last < PAUSE_MILLISECONDS) return false;
  if (report === null || time - Date.parse(report.created_at) >= HOUR_MILLISECONDS) return true;
  if (verified === null || verified.status === 'true') return false;
  const needed = [streaming, failoverReady];
  if (needed.every((one) => one?.status === 'true')) {
    const reportedAt = Date.parse(report.created_at);
    return report.passed || needed.some((one) => Date.parse(one?.since ?? '') > reportedAt);
  }
  return report.passed && time - Date.parse(verified.since) >= SETTLE_MILLISECONDS;
}
