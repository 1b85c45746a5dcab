import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { AttributeEffects } from '../../core/plan/attribute-effects.ts';

const attributesFileSchema = z.object({
  resources: z.record(
    z.string(),
    z.record(z.string(), z.object({ change: z.string(), loses: z.string(), note: z.string() })),
  ),
});

/**
 * Reads the effects of attributes from `attributes.json` of a module.
 * @param moduleFolder absolute
 * @returns nothing for a module without that file
 */
export async function readAttributeEffects(moduleFolder: string): Promise<AttributeEffects> {
  const file = join(moduleFolder, 'attributes.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? {} : attributesFileSchema.parse(JSON.parse(text)).resources;
}
