import { HathiError } from '../../core/errors.ts';
import { statePlace } from '../../core/sealed-places.ts';
import type { StageContext } from '../../ports/stage.ts';
import type { TerraformState } from '../../ports/terraform.ts';
import { targetOf } from '../../shared/targets.ts';
import {
  ERRORED_STATE_FILE,
  FOLDER,
  STATE_FILE,
  type TerraformTools,
  terraformRun,
  UNREADABLE_STATE_FILE,
} from './terraform-tools.ts';

const PATH = `${FOLDER}/${STATE_FILE}`;
/** A state may contain secrets in clear text. */
const STATE_MODE = 0o600;

/**
 * Synchronizes the state file and the stored state. In one lineage the higher serial is used. An
 * empty or unreadable file never replaces a valid state.
 * @returns the synchronized state, or null if there is none
 * @throws STATE_UNREADABLE if the file is unusable and no stored state can replace it, or if it has
 *   another lineage
 */
export async function reconcileState(
  context: StageContext,
  tools: TerraformTools,
): Promise<TerraformState | null> {
  const { cluster } = context;
  if (targetOf(cluster, tools).remoteState(cluster.spec)) return await remoteState(context, tools);
  const stored = await context.read.states.latest(cluster.id);
  const { bytes, file } = await stateFile(context, tools, stored?.lineage ?? null);
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
  // Terraform treats an empty file as no state.
  if (bytes === null || bytes.length === 0) return null;
  if (cluster.applied_revision === null || context.operation.kind === 'destroy-terraform') {
    await startWithoutState(context, tools, bytes);
    return null;
  }
  throw new HathiError(
    'STATE_UNREADABLE',
    `${tools.workspace.path(cluster.name, FOLDER, STATE_FILE)} cannot be read as a Terraform state, and Hathi has stored none. Put a good copy there, or move it away to begin without a state.`,
    { bytes: bytes.length },
  );
}

/**
 * The newest state among Terraform's files. Terraform writes its state in place: on a full disk the
 * file is truncated, and the state is then in `errored.tfstate`. The backup is older, so it is used
 * only if no newer state is stored.
 * @returns `file` is null if none can be read; `bytes` are then the content of the state file
 */
async function stateFile(
  { cluster }: StageContext,
  tools: TerraformTools,
  storedLineage: string | null,
): Promise<{ bytes: Uint8Array | null; file: TerraformState | null }> {
  const read = async (path: string) => {
    const bytes = await tools.workspace.read(cluster.name, path);
    return { bytes, file: bytes === null ? null : tools.terraform.readState(bytes) };
  };
  const [own, errored] = [await read(PATH), await read(`${FOLDER}/${ERRORED_STATE_FILE}`)];
  const isNewer =
    errored.file !== null &&
    (storedLineage === null || storedLineage === errored.file.lineage) &&
    (own.file === null ||
      (own.file.lineage === errored.file.lineage && own.file.serial < errored.file.serial));
  const isUnreadable = own.bytes !== null && own.bytes.length > 0 && own.file === null;
  const best = isNewer
    ? errored
    : isUnreadable && storedLineage === null
      ? await read(`${FOLDER}/${STATE_FILE}.backup`)
      : own;
  if (best === own || best.bytes === null || best.file === null) return own;
  await tools.workspace.write(cluster.name, PATH, best.bytes, STATE_MODE);
  return best;
}

/**
 * Moves an unreadable state file aside. This is safe only if the cluster was never applied
 * completely, or is being destroyed: resources of its first apply are found by their labels.
 */
async function startWithoutState(
  context: StageContext,
  tools: TerraformTools,
  bytes: Uint8Array,
): Promise<void> {
  const { cluster } = context;
  await tools.workspace.write(
    cluster.name,
    `${FOLDER}/${UNREADABLE_STATE_FILE}`,
    bytes,
    STATE_MODE,
  );
  await tools.workspace.write(cluster.name, PATH, '', STATE_MODE);
  const message = `${STATE_FILE} was cut off, and no version of it is stored. It is now ${UNREADABLE_STATE_FILE}, and Hathi starts without a state.`;
  await context.emit({ type: 'terraform.log', data: { level: 'warning', message } });
}

/**
 * The state in a backend. It is authoritative and has a separate lock. The stored copy is for
 * readers of the state, without a request to the backend.
 */
async function remoteState(
  context: StageContext,
  tools: TerraformTools,
): Promise<TerraformState | null> {
  const { cluster } = context;
  // Before the first generate-terraform there is no backend.
  if ((await tools.workspace.read(cluster.name, `${FOLDER}/main.tf`)) === null) return null;
  const bytes = await tools.terraform.pullState(terraformRun(context, tools));
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
    /** Cheap if nothing changed. A file that is being written is stored at the next call. */
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
