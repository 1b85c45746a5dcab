import { HathiError } from '../core/errors.ts';
import { statePlace } from '../core/sealed-places.ts';
import type { StageContext } from '../ports/stage.ts';
import type { TerraformState } from '../ports/terraform.ts';
import { FOLDER, STATE_FILE, type TerraformTools, terraformRun } from './terraform-tools.ts';

const PATH = `${FOLDER}/${STATE_FILE}`;
/** A state may hold secrets in clear text. */
const STATE_MODE = 0o600;

/**
 * Brings the state file and the stored state together: of one lineage the higher serial wins, and
 * an empty or unreadable file never replaces a good state.
 * @returns the state that both have then, or null when there is none
 * @throws STATE_UNREADABLE when the file cannot be used and nothing stored can take its place, or
 *   when it is of another lineage
 */
export async function reconcileState(
  context: StageContext,
  tools: TerraformTools,
): Promise<TerraformState | null> {
  const { cluster } = context;
  if (cluster.spec.aws?.state_bucket) return await remoteState(context, tools);
  const bytes = await tools.workspace.read(cluster.name, PATH);
  const file = bytes === null ? null : tools.terraform.readState(bytes);
  const stored = await context.read.states.latest(cluster.id);
  if (bytes !== null && file) {
    if (stored && stored.lineage !== file.lineage) {
      throw new HathiError(
        'STATE_UNREADABLE',
        `${tools.workspace.path(cluster.name, FOLDER, STATE_FILE)} is of another lineage (${file.lineage}) than the state that Hathi stored (${stored.lineage}). Move it away to go on with the stored one.`,
        { file_lineage: file.lineage, stored_lineage: stored.lineage },
      );
    }
    if (!stored || file.serial > stored.serial) await save(context, tools, file, bytes);
    if (!stored || file.serial >= stored.serial) return file;
  }
  if (stored) {
    const good = tools.secretBox.open(stored.sealed, statePlace(context.cluster.id));
    await tools.workspace.write(cluster.name, PATH, good, STATE_MODE);
    return tools.terraform.readState(good);
  }
  // Terraform takes an empty file for no state.
  if (bytes === null || bytes.length === 0) return null;
  throw new HathiError(
    'STATE_UNREADABLE',
    `${tools.workspace.path(cluster.name, FOLDER, STATE_FILE)} cannot be read as a Terraform state, and Hathi has stored none. Put a good copy there, or move it away to begin without a state.`,
    { bytes: bytes.length },
  );
}

/**
 * The state that a backend keeps. It is the truth, under its own lock; what is stored of it is for
 * whoever asks what a state knows, without asking the backend.
 */
async function remoteState(
  context: StageContext,
  tools: TerraformTools,
): Promise<TerraformState | null> {
  const { cluster } = context;
  // Before the first generate-terraform there is no backend to ask.
  if ((await tools.workspace.read(cluster.name, `${FOLDER}/main.tf`)) === null) return null;
  const bytes = await tools.terraform.pullState(terraformRun(context, tools, 'plan-terraform'));
  const state = tools.terraform.readState(bytes);
  if (state === null) return null;
  const stored = await context.read.states.latest(cluster.id);
  const isNew = stored?.lineage !== state.lineage || stored.serial < state.serial;
  if (isNew) await save(context, tools, state, bytes);
  return state;
}

/** Stores each new version of the file while Terraform writes it. */
export function createStateKeeper(context: StageContext, tools: TerraformTools) {
  let saved: { lineage: string; serial: number } | null = null;
  return {
    /** Cheap when nothing changed. A file that is being written is left for the next call. */
    async keep(): Promise<TerraformState | null> {
      const bytes = await tools.workspace.read(context.cluster.name, PATH);
      const state = bytes === null ? null : tools.terraform.readState(bytes);
      if (bytes === null || !state) return null;
      if (saved?.lineage === state.lineage && saved.serial >= state.serial) return state;
      const stored = saved ?? (await context.read.states.latest(context.cluster.id));
      if (stored?.lineage !== state.lineage || stored.serial < state.serial) {
        await save(context, tools, state, bytes);
      }
      saved = { lineage: state.lineage, serial: state.serial };
      return state;
    },
  };
}

async function save(
  context: StageContext,
  tools: TerraformTools,
  { lineage, serial }: TerraformState,
  bytes: Uint8Array,
): Promise<void> {
  const sealed = tools.secretBox.seal(bytes, statePlace(context.cluster.id));
  await context.write(({ states }) =>
    states.save({ cluster_id: context.cluster.id, lineage, serial, sealed }),
  );
}
