/** Facts that a reviewer of a plan needs besides its changes. They are stored with the plan. */
export interface PlanContext {
  identity: CloudIdentity;
  findings: Finding[];
  /** null where a price is unknown. */
  cost: CostEstimate | null;
}

/** Account in which the machines are created. Nothing of it is secret. */
export interface CloudIdentity {
  /** Number of the account, e.g. 12 digits. */
  account: string;
  /** Name of the caller in that account. */
  arn: string;
  region: string;
}

export type FindingSeverity = 'error' | 'warning' | 'info';

/** Result of one check of the account or region, before anything is planned. */
export interface Finding {
  /** In kebab-case, e.g. `instance-type-offered`. */
  check: string;
  /** An apply would fail on an `error`; a `warning` may be one, or a check without a result. */
  severity: FindingSeverity;
  message: string;
  /** Remedy; empty for `info`. */
  action: string;
}

/** Amounts are in `currency`, before taxes. */
export interface CostEstimate {
  currency: string;
  /** Sum of the parts whose price is known. */
  per_hour: number;
  /** Of 730 hours. */
  per_month: number;
  /** The day of the prices, `YYYY-MM-DD`. */
  as_of: string;
  /** Where the prices are from; absent in plans of earlier versions. */
  source?: string | undefined;
  /** `per_month` is null if the price is unknown. */
  parts: { what: string; per_month: number | null }[];
  /** States the date of the prices, and what the sum leaves out. */
  note: string;
}
