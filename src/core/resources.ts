import { z } from 'zod';

/** A resource with the labels of a cluster. */
export const labelledResourceSchema = z.object({
  kind: z.string().describe('Kind of the resource, e.g. `node`, `network`, `data-volume`.'),
  name: z.string().describe('Name by which the target removes it.'),
  node: z.string().nullable().describe('null for a resource of the whole cluster.'),
  operation_id: z.string().describe('Operation that created the resource.'),
  remove: z.string().describe('Shell command that removes the resource.'),
});
export type LabelledResource = z.infer<typeof labelledResourceSchema>;

/** A resource in an account, of any cluster. */
export const accountResourceSchema = z
  .object({
    kind: z.string().describe('Kind of the resource, e.g. `instance`, `data-volume`.'),
    type: z.string().describe('Type of the resource in the words of the provider.'),
    id: z
      .string()
      .describe(
        'Id in a Terraform state. Unique only with `type`: a role and its profile share a name.',
      ),
    name: z.string().nullable(),
    region: z.string().describe('Region in which it was found.'),
    site: z.string().nullable().describe('Site (data directory) that created the resource.'),
    cluster: z.string().nullable(),
    node: z.string().nullable(),
    operation_id: z.string().nullable().describe('Operation that created the resource.'),
    remove: z.string().describe('Shell command that removes the resource.'),
  })
  .meta({ id: 'Orphan' });
export type AccountResource = z.infer<typeof accountResourceSchema>;

/** Resources with the labels of Hathi that are in no Terraform state. */
export const orphansSchema = z.object({
  regions: z.array(z.string()).describe('Regions that were searched.'),
  failures: z
    .array(
      z.object({
        region: z.string(),
        code: z.string().describe('Error code, e.g. `CLOUD_UNAVAILABLE`.'),
        message: z.string().describe('Reason and remedy.'),
      }),
    )
    .describe('Regions that could not be searched. Their orphans are not in the list.'),
  orphans: z.array(accountResourceSchema),
});
export type Orphans = z.infer<typeof orphansSchema>;

/** A cluster whose record was removed. Its machines were not changed. */
export const forgottenClusterSchema = z.object({
  cluster: z.string(),
  forgotten: z.literal(true),
  left: z
    .array(labelledResourceSchema)
    .nullable()
    .describe('Remaining resources; null if the target did not respond.'),
  workspace: z.string().nullable().describe('Directory with the files of the cluster.'),
});
export type ForgottenCluster = z.infer<typeof forgottenClusterSchema>;
