import { z } from 'zod';
import { HathiError } from '../../core/errors.ts';
import type { TerraformEngine } from '../../ports/terraform.ts';
import { runCommand } from '../process/run-command.ts';
import { failedRun, failedTool, findOnPath, HOW_TO_GET } from '../process/tool-errors.ts';
import { OLDEST_TERRAFORM } from './configuration.ts';

/** In older versions, the `-json` streams or the expressions of the module lack a feature. */
const OLDEST = { terraform: OLDEST_TERRAFORM, tofu: '1.8.0' } as const;
const VERSION_SECONDS = 20;

const versionSchema = z.object({ terraform_version: z.string() });

export interface EngineSearch {
  /** Absolute path of the program. Default: search for one. */
  path?: string | undefined;
  /** Folders as in PATH. */
  searchPath: string;
  env: Record<string, string>;
}

/**
 * Returns the engine: the named program, or the first of terraform and tofu that is new enough.
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
    // A program at a user's path can have any file name, but both engines print their own name.
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
