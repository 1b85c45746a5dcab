import { z } from 'zod';
import type { ClusterNode } from '../../core/cluster/topology.ts';
import type { TerraformState } from '../../ports/terraform.ts';

const stateSchema = z.object({
  version: z.literal(4),
  lineage: z.string().min(1),
  serial: z.int().nonnegative(),
  outputs: z.record(z.string(), z.object({ value: z.unknown() })).default({}),
  resources: z
    .array(
      z.object({
        module: z.string().optional(),
        mode: z.string(),
        type: z.string(),
        name: z.string(),
        instances: z.array(
          z.object({
            index_key: z.union([z.string(), z.number()]).optional(),
            attributes: z.object({ id: z.unknown() }).optional(),
          }),
        ),
      }),
    )
    .default([]),
});

const nodesSchema = z.record(
  z.string(),
  z.object({
    name: z.string(),
    address: z.string(),
    subnet: z.string(),
    ssh_host: z.string(),
    ssh_port: z.int(),
    postgres_host: z.string().nullable(),
    postgres_port: z.int().nullable(),
    zone: z.string().nullable().default(null),
    instance_id: z.string().nullable().default(null),
  }),
);

/**
 * Reads a state file. Terraform writes the file in place, so a reader can get an incomplete file.
 * @returns null when the bytes are empty, cut off, or no state of format 4
 */
export function readState(bytes: Uint8Array): TerraformState | null {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return null;
  }
  const parsed = stateSchema.safeParse(json);
  if (!parsed.success) return null;
  const { lineage, serial, resources, outputs } = parsed.data;
  const managed = resources.filter(({ mode }) => mode === 'managed');
  return {
    lineage,
    serial,
    ids: managed.flatMap(({ instances }) =>
      instances.map(({ attributes }) => attributes?.id).filter((id) => typeof id === 'string'),
    ),
    addresses: managed.flatMap(({ module, type, name, instances }) =>
      instances.map(({ index_key: key }) => {
        const path = [module, type, name].filter((part) => part !== undefined).join('.');
        return key === undefined ? path : `${path}[${JSON.stringify(key)}]`;
      }),
    ),
    nodes: nodesOf(outputs.nodes?.value),
  };
}

function nodesOf(output: unknown): ClusterNode[] | null {
  const parsed = nodesSchema.safeParse(output);
  if (!parsed.success) return null;
  // Numeric order, so that pg-10 comes after pg-9.
  const collator = new Intl.Collator('en', { numeric: true });
  return Object.values(parsed.data).sort((a, b) => collator.compare(a.name, b.name));
}
