import type { ClusterNode } from '../core/cluster/topology.ts';
import type { AttributeEffects } from '../core/plan/attribute-effects.ts';
import type { PlanSummary } from '../core/plan/plan-summary.ts';
import type { ResourceChange } from '../core/plan/planned-change.ts';
import type { ModuleResources } from '../core/terraform/addresses.ts';
import type { MainFile } from '../core/terraform/main-file.ts';
import type { ChildRunner } from './child-runner.ts';
import type { WorkspaceFile } from './workspace.ts';

/** The installed engine: Terraform or OpenTofu. */
export interface TerraformEngine {
  name: 'terraform' | 'tofu';
  /** Absolute path. */
  path: string;
  version: string;
}

/** What a workspace's `terraform/` is made from. */
export interface ConfigurationRequest {
  cluster: string;
  /** Name of the target, and of its module if it has one. */
  target: string;
  main: MainFile;
}

/** Something that runs and is in no state, and where in the configuration it belongs. */
export interface Import {
  address: string;
  id: string;
}

/** One stage's way to run Terraform. */
export interface TerraformRun {
  children: ChildRunner;
  /** The folder with `main.tf`; absolute. */
  folder: string;
  /** A folder of the operation, for the plan file while a run needs it; absolute. */
  scratch: string;
  /** Names of the cluster's nodes, present and planned: events name the node of a resource. */
  nodes: readonly string[];
}

export interface PlanOptions {
  destroy: boolean;
  /** Addresses to be made again, since what they stood for is gone. */
  replace: readonly string[];
  /** Labels what the apply makes. */
  operationId: string;
  /** Of the target's module: which resources belong to a node. */
  parts: ModuleResources['parts'];
}

/** A change as the engine plans it; roles and effects are judged later. */
export type PlannedResource = Omit<ResourceChange, 'role' | 'effect'>;

export interface MadePlan {
  /** The plan file. It holds sensitive values in clear text: seal it before it is stored. */
  bytes: Uint8Array;
  /** `sha256:<hex>` of the bytes. */
  digest: string;
  summary: PlanSummary;
  /** Sensitive values are masked. */
  changes: PlannedResource[];
}

export interface Diagnostic {
  severity: 'error' | 'warning';
  summary: string;
  detail: string;
  /** The resource it is about, if any. */
  address: string | null;
}

export interface AppliedPlan {
  exitCode: number;
  /** Whether a cancellation stopped it. */
  cancelled: boolean;
  /** Whether a signal ended it that Hathi did not send: what it did may be in no state. */
  killed: boolean;
  resources: { added: number; changed: number; destroyed: number };
  diagnostics: Diagnostic[];
}

/** The facts of a state file that Hathi needs. */
export interface TerraformState {
  lineage: string;
  serial: number;
  /** Addresses of managed resources, e.g. `module.cluster.terraform_data.node["pg-1"]`. */
  addresses: string[];
  /** The attribute `id` of each managed resource that has one. */
  ids: string[];
  /** The output `nodes`, by their numbers; null where the state has none. */
  nodes: ClusterNode[] | null;
}

/**
 * Terraform or OpenTofu, run as a child that outlives the server. Methods that take a run throw
 * TERRAFORM_FAILED with the engine's own diagnostics, and what ChildRunner throws.
 */
export interface Terraform {
  /** @throws TOOL_MISSING | TOOL_TOO_OLD, both naming how to get it */
  engine(): Promise<TerraformEngine>;
  /** `main.tf`, `outputs.tf` and the module beside them; the same input gives the same bytes. */
  configuration(request: ConfigurationRequest): Promise<WorkspaceFile[]>;
  /** What a change of each attribute of the target's module does; empty where none is listed. */
  attributeEffects(target: string): Promise<AttributeEffects>;
  /** The text of `imports.tf`, by which the next apply takes over what is in no state. */
  imports(imports: readonly Import[]): string;
  /** `sha256:<hex>` of everything in the folder that a plan is made from; state is left out. */
  configurationDigest(folder: string): Promise<string>;
  /**
   * Initialises the folder unless it is, and plans. A plan that an earlier attempt began is
   * dropped.
   */
  plan(run: TerraformRun, options: PlanOptions): Promise<MadePlan>;
  /**
   * Applies the bytes of a plan, or takes up the apply that an earlier attempt started. A failure
   * is returned, not thrown, since the state has to be stored first.
   * @param onTick called about four times a second
   * @throws OPERATION_INTERRUPTED when an earlier apply is gone without an exit code
   */
  apply(run: TerraformRun, plan: Uint8Array, onTick: () => Promise<void>): Promise<AppliedPlan>;
  /** Brings state and outputs up to date with what exists, and changes nothing else. */
  refresh(run: TerraformRun): Promise<void>;
  /** Whether an apply was started by this or an earlier attempt of the stage. */
  applyStarted(run: TerraformRun): Promise<boolean>;
  /**
   * The state where a backend keeps it elsewhere than in the folder; empty where there is none yet.
   * @throws TERRAFORM_FAILED if the backend does not respond
   */
  pullState(run: TerraformRun): Promise<Uint8Array>;
  /** null when the bytes are empty, cut off, or no state. */
  readState(bytes: Uint8Array): TerraformState | null;
}
