import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDiskFullMessage } from '../../core/disk-full.ts';
import { HathiError, isHathiError } from '../../core/errors.ts';
import type { ChildCommand, ChildHandlers, ChildResult } from '../../ports/child-runner.ts';
import type {
  AppliedPlan,
  MadePlan,
  PlanOptions,
  Terraform,
  TerraformEngine,
  TerraformRun,
} from '../../ports/terraform.ts';
import { runCommand } from '../process/run-command.ts';
import { readAttributeEffects } from './attribute-effects.ts';
import { configurationDigest, configurationFiles, importsFile } from './configuration.ts';
import { findEngine } from './engine.ts';
import { readPlan } from './plan-document.ts';
import { readState } from './state.ts';
import { conclude, eventsOf } from './stream.ts';

/** The download of a provider writes no output. */
const INIT_SILENCE_SECONDS = 600;
/** The engines report a resource in progress every 10 s. */
const RUN_SILENCE_SECONDS = 300;
const SHOW_SECONDS = 60;
/** A run of a killed server may not have ended yet. */
const LOCK_TIMEOUT = '-lock-timeout=60s';
/**
 * Covers all nodes of the largest cluster at once. The creation of a node is mostly waiting for its
 * boot.
 */
const PARALLELISM = '-parallelism=17';
/** Number of characters of stderr to keep if there is no diagnostic. */
const STDERR_CHARACTERS = 2_000;
const PLAN_FILE = 'terraform.tfplan';
const INITIALISED = '.terraform/hathi-initialised';
const APPLY = 'terraform-apply';

export interface TerraformOptions {
  /** Absolute path of the project folder that contains `terraform/modules`. */
  assetsRoot: string;
  /** Absolute path of the folder for the cache of providers and for Hathi's CLI configuration. */
  cacheFolder: string;
  /** Path of the program. Default: the first suitable one on PATH. */
  enginePath?: string | undefined;
  /** CLI configuration file of the user, e.g. with a mirror of providers. */
  cliConfigFile?: string | undefined;
  /** PATH, HOME, and the variables for Docker and proxies. No other variables are passed on. */
  env: Record<string, string>;
}

/** Runs Terraform or OpenTofu on this machine. */
export function createTerraform(options: TerraformOptions): Terraform {
  const ownConfig = join(options.cacheFolder, 'cli.tfrc');
  const providers = join(options.cacheFolder, 'providers');
  const env: Record<string, string> = {
    ...options.env,
    TF_IN_AUTOMATION: '1',
    TF_INPUT: '0',
    TF_PLUGIN_CACHE_DIR: providers,
    TF_CLI_CONFIG_FILE: options.cliConfigFile ?? ownConfig,
    CHECKPOINT_DISABLE: '1',
  };

  let found: Promise<TerraformEngine> | null = null;

  async function find(): Promise<TerraformEngine> {
    await mkdir(providers, { recursive: true });
    // Uses a separate configuration, so that the files in the home folder have no effect here.
    await writeFile(ownConfig, '');
    return findEngine({ path: options.enginePath, searchPath: options.env.PATH ?? '', env });
  }

  function engine(): Promise<TerraformEngine> {
    // A failure is not cached: the user can install the program while the server runs.
    found ??= find().catch((error: unknown) => {
      found = null;
      throw error;
    });
    return found;
  }

  async function command(run: TerraformRun, name: string, args: string[]): Promise<ChildCommand> {
    const { path } = await engine();
    return { name, command: path, args, cwd: run.folder, env, silenceSeconds: RUN_SILENCE_SECONDS };
  }

  const events = ({ nodes }: TerraformRun): ChildHandlers => ({
    onLines: (lines) => eventsOf(lines, nodes),
  });

  async function initialise(run: TerraformRun): Promise<void> {
    const { name, version } = await engine();
    const lock = await readFile(join(run.folder, '.terraform.lock.hcl'), 'utf8').catch(() => '');
    const wanted = `${name} ${version} ${await configurationDigest(run.folder)} ${digestOf(lock)}\n`;
    const marker = join(run.folder, INITIALISED);
    if ((await readFile(marker, 'utf8').catch(() => '')) === wanted) return;
    const init = await command(run, 'terraform-init', ['init', '-input=false', '-no-color']);
    const result = await runAfresh(run, { ...init, silenceSeconds: INIT_SILENCE_SECONDS });
    if (result.exitCode !== 0) throw await failure('init', result);
    const locked = await readFile(join(run.folder, '.terraform.lock.hcl'), 'utf8').catch(() => '');
    // If init changed the lock file, it must run again with the new one. Otherwise the marker would
    // not match.
    if (locked !== lock) return;
    // A configuration without providers and modules does not have this folder.
    await mkdir(dirname(marker), { recursive: true });
    await writeFile(marker, wanted);
  }

  async function plan(run: TerraformRun, planOptions: PlanOptions): Promise<MadePlan> {
    await initialise(run);
    await mkdir(run.scratch, { recursive: true });
    const file = join(run.scratch, PLAN_FILE);
    try {
      // The engine keeps the mode of an existing file. A plan contains secrets in clear text.
      await writeFile(file, '', { mode: 0o600 });
      const planCommand = await command(run, 'terraform-plan', [
        'plan',
        '-json',
        '-input=false',
        LOCK_TIMEOUT,
        PARALLELISM,
        `-out=${file}`,
        `-var=operation_id=${planOptions.operationId}`,
        ...(planOptions.destroy ? ['-destroy'] : []),
        ...planOptions.replace.map((address) => `-replace=${address}`),
      ]);
      const result = await runAfresh(run, planCommand, events(run));
      if (result.exitCode !== 0) throw await failure('plan', result);
      const bytes = await readFile(file);
      const { path } = await engine();
      const shown = await runCommand(path, ['show', '-json', '-no-color', file], {
        cwd: run.folder,
        env,
        timeoutSeconds: SHOW_SECONDS,
      });
      if (shown.exitCode !== 0) {
        throw new HathiError('TERRAFORM_FAILED', `The plan could not be read: ${shown.stderr}`);
      }
      const document = readPlan(JSON.parse(shown.stdout), planOptions.parts);
      return { bytes, digest: digestOf(bytes), ...document };
    } finally {
      await rm(file, { force: true });
    }
  }

  async function pullState(run: TerraformRun): Promise<Uint8Array> {
    await initialise(run);
    const { path } = await engine();
    const pulled = await runCommand(path, ['state', 'pull'], {
      cwd: run.folder,
      env,
      timeoutSeconds: SHOW_SECONDS,
    });
    if (pulled.exitCode === 0) return Buffer.from(pulled.stdout);
    throw new HathiError(
      'TERRAFORM_FAILED',
      `The state could not be read from its bucket: ${pulled.stderr.trim()}`,
    );
  }

  async function apply(
    run: TerraformRun,
    bytes: Uint8Array,
    onTick: () => Promise<void>,
  ): Promise<AppliedPlan> {
    const file = join(run.scratch, 'apply.tfplan');
    const started = await run.children.find(APPLY);
    if (!started) {
      await initialise(run);
      await mkdir(run.scratch, { recursive: true });
    }
    // A recorded child may not have started yet, so it may still need the file.
    if (!started?.alive) await writeFile(file, bytes, { mode: 0o600 });
    const args = ['apply', '-json', '-input=false', LOCK_TIMEOUT, PARALLELISM, file];
    try {
      const child = await command(run, APPLY, args);
      const result = await run.children.run(child, { ...events(run), onTick });
      const concluded = conclude(await readFile(result.stdoutPath, 'utf8'));
      if (result.exitCode !== 0 && concluded.diagnostics.length === 0) {
        concluded.diagnostics.push(await fromStderr(result));
      }
      return {
        exitCode: result.exitCode,
        cancelled: result.cancelled,
        // Shells report death by signal in this way. An engine that stopped at a signal exits with 1.
        killed: result.exitCode > 128 && !result.cancelled,
        ...concluded,
      };
    } finally {
      await rm(file, { force: true });
    }
  }

  async function refresh(run: TerraformRun): Promise<void> {
    const args = ['apply', '-refresh-only', '-auto-approve', '-json', '-input=false'];
    const child = await command(run, 'terraform-refresh', [...args, LOCK_TIMEOUT, PARALLELISM]);
    const result = await runAfresh(run, child);
    if (result.exitCode !== 0) throw await failure('apply -refresh-only', result);
  }

  return {
    engine,
    configuration: (input) =>
      configurationFiles(join(options.assetsRoot, 'terraform', 'modules'), input),
    configurationDigest,
    attributeEffects: (target) =>
      readAttributeEffects(join(options.assetsRoot, 'terraform', 'modules', target)),
    plan,
    apply,
    refresh,
    pullState,
    applyStarted: async (run) => (await run.children.find(APPLY)) !== null,
    readState,
    imports: importsFile,
  };
}

function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/**
 * Runs a command that can be repeated safely. If an earlier attempt started the command, waits for
 * its end and discards the result first.
 */
async function runAfresh(
  run: TerraformRun,
  command: ChildCommand,
  handlers: ChildHandlers = {},
): Promise<ChildResult> {
  const earlier = await run.children.find(command.name);
  if (earlier) {
    if (earlier.alive) {
      await run.children.run(command).catch((error: unknown) => {
        if (!isHathiError(error, 'OPERATION_INTERRUPTED')) throw error;
      });
    }
    await run.children.forget(command.name);
  }
  return run.children.run(command, handlers);
}

async function fromStderr(result: ChildResult) {
  const stderr = await readFile(result.stderrPath, 'utf8').catch(() => '');
  return {
    severity: 'error' as const,
    summary: `The program ended with exit code ${result.exitCode}.`,
    detail:
      stderr.trim().slice(-STDERR_CHARACTERS) ||
      (result.diskWasFull ? 'Its output was lost: no space left on device.' : ''),
    address: null,
  };
}

async function failure(verb: string, result: ChildResult): Promise<HathiError> {
  if (result.cancelled)
    return new HathiError('OPERATION_CANCELLED', `terraform ${verb} was stopped.`);
  const { diagnostics } = conclude(await readFile(result.stdoutPath, 'utf8').catch(() => ''));
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) errors.push(await fromStderr(result));
  const text = errors.map(({ summary, detail }) => detail || summary).join('; ');
  return new HathiError(
    isDiskFullMessage(text) ? 'DISK_FULL' : 'TERRAFORM_FAILED',
    `terraform ${verb} failed: ${text}`,
    { exit_code: result.exitCode, diagnostics: errors },
  );
}
