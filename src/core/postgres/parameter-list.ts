import { z } from 'zod';

/** The written value of a parameter, and the value that each node uses. */
const parameterSettingSchema = z.object({
  name: z.string(),
  value: z.string().nullable().describe('The written value; null if Hathi writes none.'),
  default: z
    .string()
    .nullable()
    .describe('Value without any setting, in `unit`; null before a node was observed.'),
  unit: z.string().nullable().describe('Unit of `default` and `setting`, e.g. `8kB`.'),
  source: z
    .enum(['spec', 'hathi', 'node'])
    .describe(
      '`spec`: requested; `hathi`: derived from the size of the node; `node`: found on the node, set by Patroni or by hand.',
    ),
  restart: z.boolean().nullable().describe('Whether a change needs a restart.'),
  nodes: z.array(
    z.object({
      node: z.string(),
      setting: z.string(),
      source: z.string().describe("PostgreSQL's own word, e.g. `command line`."),
      pending_restart: z.boolean(),
    }),
  ),
});
export type ParameterSetting = z.infer<typeof parameterSettingSchema>;

/** Parameters of a cluster by name. */
export const parameterListSchema = z.object({
  parameters: z.array(parameterSettingSchema),
  unreachable: z.array(z.object({ node: z.string(), reason: z.string() })),
});
export type ParameterList = z.infer<typeof parameterListSchema>;
