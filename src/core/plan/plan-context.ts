import { z } from 'zod';

/** Account in which the machines are created. Nothing in it is secret. */
const cloudIdentitySchema = z.object({
  account: z.string().describe('Number of the account, e.g. 12 digits.'),
  arn: z.string().describe('Name of the caller in that account.'),
  region: z.string(),
});
export type CloudIdentity = z.infer<typeof cloudIdentitySchema>;

export const FINDING_SEVERITIES = ['error', 'warning', 'info'] as const;

/** Result of one check of the account or region before the plan is made. */
const findingSchema = z.object({
  check: z.string().describe('In kebab-case, e.g. `instance-type-offered`.'),
  severity: z
    .enum(FINDING_SEVERITIES)
    .describe(
      'An apply would fail on an `error`. A `warning` may also be a check without a result.',
    ),
  message: z.string(),
  action: z.string().describe('Remedy; empty for `info`.'),
});
export type Finding = z.infer<typeof findingSchema>;

/** Amounts are in `currency`, before taxes. */
const costEstimateSchema = z.object({
  currency: z.string(),
  per_hour: z.number().describe('Sum of the parts whose price is known.'),
  per_month: z.number().describe('The same for 730 hours.'),
  as_of: z.string().describe('Date of the prices, `YYYY-MM-DD`.'),
  source: z
    .string()
    .optional()
    .describe('Source of the prices; absent in plans of earlier versions.'),
  parts: z.array(
    z.object({
      what: z.string(),
      per_month: z.number().nullable().describe('null if the price is unknown.'),
    }),
  ),
  note: z.string().describe('What the sum includes, and what it leaves out.'),
});
export type CostEstimate = z.infer<typeof costEstimateSchema>;

/** Facts for the reviewer of a plan in addition to its changes. They are stored with the plan. */
export const planContextSchema = z
  .object({
    identity: cloudIdentitySchema.describe('Account of the plan.'),
    findings: z.array(findingSchema),
    cost: costEstimateSchema
      .nullable()
      .describe('An estimate; null if the price of the machines is unknown.'),
  })
  .meta({
    id: 'PlanContext',
    description: 'Facts about the account, besides the changes of the plan.',
  });
export type PlanContext = z.infer<typeof planContextSchema>;
