import { z } from 'zod';
import { ROLES } from '../../core/cluster/topology.ts';
import { PLAN_STATES } from '../../core/plan/plan-state.ts';
import { planSummarySchema as summarySchema } from '../../core/plan/plan-summary.ts';
import { CHANGE_EFFECTS, NODE_PARTS } from '../../core/plan/planned-change.ts';
import { REFUSAL_REASONS } from '../../core/plan/refusal.ts';
import type { PlanView } from '../../services/api.ts';
import { idSchema } from '../server/record-ids.ts';
import { planExample } from './examples.ts';
import { nextCursor } from './page.ts';
import { remedySchema } from './remedy.ts';

/** A copy, so that the stored document's own schema stays free of the API's names. */
const planSummarySchema = z.object(summarySchema.shape).meta({ id: 'PlanSummary' });

const resourceChangeSchema = z
  .object({
    address: z.string(),
    type: z.string(),
    name: z.string(),
    actions: z.array(z.string()).describe("Terraform's words, e.g. `create`, `delete`."),
    before: z.unknown(),
    after: z.unknown().describe('Sensitive values are masked.'),
    action_reason: z.string().nullable(),
    attributes: z
      .array(z.string())
      .describe('Attributes that differ; of a replacement, those that force it.'),
    node: z.string().nullable().describe('Node that the resource belongs to, if any.'),
    part: z.enum(NODE_PARTS).nullable().describe('Purpose of the resource for its node.'),
    role: z
      .enum(ROLES)
      .nullable()
      .describe('Observed role of the node when the plan was made; null where not observed.'),
    effect: z
      .enum(CHANGE_EFFECTS)
      .describe(
        'Effect of the change. `loses-data`: PostgreSQL data of an existing node is removed.',
      ),
  })
  .meta({ id: 'ResourceChange' });

export const refusalsSchema = z
  .array(
    z
      .object({
        reason: z.enum(REFUSAL_REASONS),
        node: z.string().nullable().describe('null if several nodes are affected.'),
        role: z.enum(ROLES).nullable().describe('Observed role of the node.'),
        address: z.string().nullable().describe('Resource in the plan.'),
        attributes: z.array(z.string()).describe('Attributes that cause it.'),
        message: z.string(),
        action: z.string().describe('The next action.'),
        remedies: z.array(remedySchema).describe('The next requests, in order.'),
      })
      .meta({ id: 'PlanRefusal' }),
  )
  .describe('Reasons for which the plan cannot be applied (`PLAN_REFUSED`); empty if it can.');

export const startsSchema = z
  .array(
    z
      .object({ node: z.string(), observed_at: z.string().describe('ISO 8601, UTC.') })
      .meta({ id: 'MachineStart' }),
  )
  .describe('Stopped machines that the apply starts. No other machine is started.');

export const planContextSchema = z
  .object({
    identity: z
      .object({ account: z.string(), arn: z.string(), region: z.string() })
      .describe('Account of the plan.'),
    findings: z.array(
      z.object({
        check: z.string(),
        severity: z.enum(['error', 'warning', 'info']),
        message: z.string(),
        action: z.string().describe('Remedy.'),
      }),
    ),
    cost: z
      .object({
        currency: z.string(),
        per_hour: z.number().describe('Sum of the parts whose price is known.'),
        per_month: z.number().describe('The same for 730 hours.'),
        as_of: z.string().describe('Date of the prices.'),
        source: z.string().optional().describe('Source of the prices.'),
        parts: z.array(
          z.object({
            what: z.string(),
            per_month: z.number().nullable().describe('null if the price is unknown.'),
          }),
        ),
        note: z.string().describe('What the sum includes, and what it leaves out.'),
      })
      .nullable()
      .describe('An estimate; null if the price of the machines is unknown.'),
  })
  .meta({
    id: 'PlanContext',
    description: 'Facts about the account, besides the changes of the plan.',
  });

export const planSchema = z
  .object({
    id: z.string(),
    cluster_name: z.string(),
    operation_id: z.string(),
    infrastructure_revision: z.int().describe('Spec revision of the planned machines.'),
    state: z.enum(PLAN_STATES),
    destroy: z.boolean().describe('Whether applying it removes the cluster.'),
    digest: z.string().describe('`sha256:<hex>` of the plan file.'),
    engine: z.object({
      name: z.string(),
      version: z.string(),
      configuration_digest: z.string(),
    }),
    summary: planSummarySchema,
    changes: z.array(resourceChangeSchema),
    files: z
      .array(z.object({ path: z.string(), content: z.string() }))
      .describe('The planned configuration.'),
    context: planContextSchema.nullable().describe('null for a target without an account.'),
    refusals: refusalsSchema,
    starts: startsSchema,
    outcome: z.record(z.string(), z.unknown()).nullable(),
    allowed_actions: z.array(z.enum(['apply'])),
    created_at: z.string().describe('ISO 8601, UTC.'),
  })
  .meta({
    id: 'Plan',
    description: 'A saved Terraform plan: reviewed once, applied once, as the same bytes.',
    examples: [planExample],
  }) satisfies z.ZodType<PlanView>;

export const planListSchema = z
  .object({ plans: z.array(planSchema), next_cursor: nextCursor })
  .describe('Plans, newest first.');

export const idParamsSchema = z.strictObject({ id: idSchema('the record') });
