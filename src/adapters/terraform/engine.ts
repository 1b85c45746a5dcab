import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { z } from 'zod';
import { HathiError } from '../../core/errors.ts';
import type { TerraformEngine } from '../../ports/terraform.ts';
import { HOW_TO_GET, runCommand } from '../process/run-command.ts';
import { OLDEST_TERRAFORM } from './configuration.ts';

/** Below these the `-json` streams or the module's expressions are missing something. */
const OLDEST = { terraform: OLDEST_TERRAFORM, tofu: '1.8.0' } as const;
const VERSION_SECONDS = 20;

const versionSchema = z.object({ terraform_version: z.string() });

export interface EngineSearch {
  /** A program to use instead of looking for one; absolute. */
  path?: string | undefined;
  /** Folders as in PATH. */
  searchPath: string;
  env: Record<string, string>;
}

/**
 * The first engine that is new enough: the one that is named, else terraform, else tofu.
 * @throws TOOL_MISSING | TOOL_TOO_OLD
 */
export async function findEngine(search: EngineSearch): Promise<TerraformEngine> {
  const candidates = search.path === undefined ? await onPath(search.searchPath) : [search.path];
  let tooOld: HathiError | null = null;
  for (const path of candidates) {
    const engine = await ask(path, search.env);
    if (isAtLeast(engine.version, OLDEST[engine.name])) return engine;
    tooOld ??= new HathiError(
      'TOOL_TOO_OLD',
      `${path} is version ${engine.version}; ${engine.name} ${OLDEST[engine.name]} or later is needed. ${HOW_TO_GET[engine.name]}`,
      { tool: engine.name, path, version: engine.version, oldest: OLDEST[engine.name] },
    );
  }
  throw (
    tooOld ??
    new HathiError(
      'TOOL_MISSING',
      `Neither terraform nor tofu was found. ${HOW_TO_GET.terraform}`,
      { tool: 'terraform', looked_in: search.searchPath },
    )
  );
}

async function onPath(searchPath: string): Promise<string[]> {
  const paths = (['terraform', 'tofu'] as const).map(async (name) => {
    for (const folder of searchPath.split(delimiter).filter(Boolean)) {
      const path = join(folder, name);
      if (await isProgram(path)) return path;
    }
    return null;
  });
  return (await Promise.all(paths)).filter((path) => path !== null);
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function ask(path: string, env: Record<string, string>): Promise<TerraformEngine> {
  const result = await runCommand(path, ['version', '-json'], {
    env,
    timeoutSeconds: VERSION_SECONDS,
  });
  try {
    // A path that the user names may be called anything, but both engines say who they are.
    const { terraform_version: version } = versionSchema.parse(JSON.parse(result.stdout));
    return { name: await nameOf(path, env), path, version };
  } catch (cause) {
    throw new HathiError(
      'TOOL_MISSING',
      `${path} did not say its version. ${HOW_TO_GET.terraform}`,
      { tool: path, exit_code: result.exitCode },
      { cause },
    );
  }
}

async function nameOf(path: string, env: Record<string, string>): Promise<TerraformEngine['name']> {
  const { stdout } = await runCommand(path, ['version'], { env, timeoutSeconds: VERSION_SECONDS });
  return /^opentofu/i.test(stdout) ? 'tofu' : 'terraform';
}

/** A pre-release counts as its release. */
function isAtLeast(version: string, oldest: string): boolean {
  const [have, want] = [version, oldest].map((text) => text.split(/[.-]/).slice(0, 3).map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (have?.[index] ?? 0) - (want?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
