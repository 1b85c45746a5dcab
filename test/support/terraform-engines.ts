import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TOOLS = fileURLToPath(new URL('../../.tools/bin', import.meta.url));

export interface EngineHere {
  name: 'terraform' | 'tofu';
  path: string;
}

/** Terraform and OpenTofu, as far as they are on this machine; at least one has to be. */
export function enginesHere(): EngineHere[] {
  const folders = [...(process.env.PATH ?? '').split(delimiter), TOOLS];
  const found = (['terraform', 'tofu'] as const).flatMap((name): EngineHere[] => {
    const path = folders.map((folder) => join(folder, name)).find(isProgram);
    return path === undefined ? [] : [{ name, path }];
  });
  if (found.length === 0) throw new Error('neither terraform nor tofu is here: run `make setup`');
  return found;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
