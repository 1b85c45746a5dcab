import { z } from 'zod';
import { HathiError } from '../../core/errors.ts';
import type { TerraformEngine } from '../../ports/terraform.ts';
import { runCommand } from '../process/run-command.ts';
import { failedRun, failedTool, findOnPath, HOW_TO_GET } from '../process/tool-errors.ts';
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
 * @throws TOOL_MISSING | TOOL_TOO_OLD | TOOL_FAILED
 */
export async function findEngine(search: EngineSearch): Promise<TerraformEngine> {
  const candidates =
    search.path === undefined
      ? ['terraform', 'tofu']
          .map((name) => findOnPath(name, search.searchPath))
          .filter((path) => path !== null)
      : [search.path];
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

async function ask(path: string, env: Record<string, string>): Promise<TerraformEngine> {
  const args = ['version', '-json'];
  const result = await runCommand(path, args, { env, timeoutSeconds: VERSION_SECONDS });
  if (result.exitCode !== 0) throw failedRun(path, args, result);
  try {
    // A path that the user names may be called anything, but both engines print their name.
    const { terraform_version: version } = versionSchema.parse(JSON.parse(result.stdout));
    return { name: await nameOf(path, env), path, version };
  } catch (cause) {
    throw failedTool(
      path,
      `printed no version of Terraform or OpenTofu. ${HOW_TO_GET.terraform}`,
      cause,
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
