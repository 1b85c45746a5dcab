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

/** Input of the folder `terraform/` of a workspace. */
export interface ConfigurationRequest {
  cluster: string;
  /** Name of the target, and of its module if it has one. */
  target: string;
  main: MainFile;
}

/** An existing resource that is in no state, and its address in the configuration. */
export interface Import {
  address: string;
  id: string;
}

/** Parameters of one stage to run Terraform. */
export interface TerraformRun {
  children: ChildRunner;
  /** The folder with `main.tf`; absolute. */
  folder: string;
  /** A folder of the operation, for the plan file while a run needs it; absolute. */
  scratch: string;
  /** Names of the existing and planned nodes, because events name the node of a resource. */
  nodes: readonly string[];
}

export interface PlanOptions {
  destroy: boolean;
  /** Addresses to create again, because their resources no longer exist. */
  replace: readonly string[];
  /** Id for the labels of the created resources. */
  operationId: string;
  /** Addresses of the target's module, which map resources to nodes. */
  parts: ModuleResources['parts'];
}

/** A change as the engine plans it. Roles and effects are added later. */
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
  /** Address of the affected resource, if any. */
  address: string | null;
}

export interface AppliedPlan {
  exitCode: number;
  /** Whether a cancellation stopped the run. */
  cancelled: boolean;
  /** Whether a signal that did not come from Hathi ended it. The state may lack its changes. */
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
  /** The output `nodes`, by their numbers; null if the state has none. */
  nodes: ClusterNode[] | null;
}

/**
 * Terraform or OpenTofu, run as a child that outlives the server. Methods that take a run throw
 * TERRAFORM_FAILED with the diagnostics of the engine, and the errors of ChildRunner.
 */
export interface Terraform {
  /** @throws TOOL_MISSING | TOOL_TOO_OLD, both with the instructions to install it */
  engine(): Promise<TerraformEngine>;
  /** `main.tf`, `outputs.tf` and the module; the same input returns the same bytes. */
  configuration(request: ConfigurationRequest): Promise<WorkspaceFile[]>;
  /** Effects of changes of each attribute of the target's module; empty if none is listed. */
  attributeEffects(target: string): Promise<AttributeEffects>;
  /** The text of `imports.tf`, with which the next apply imports resources that are in no state. */
  imports(imports: readonly Import[]): string;
  /** `sha256:<hex>` of all inputs of a plan in the folder, without the state. */
  configurationDigest(folder: string): Promise<string>;
  /**
   * Initialises the folder if necessary, and plans. A plan that an earlier attempt began is
   * dropped.
   */
  plan(run: TerraformRun, options: PlanOptions): Promise<MadePlan>;
  /**
   * Applies the bytes of a plan, or adopts the apply that an earlier attempt started. A failure is
   * returned, not thrown, because the state must be stored first.
   * @param onTick called about four times a second
   * @throws OPERATION_INTERRUPTED if an earlier apply ended without an exit code
   */
  apply(run: TerraformRun, plan: Uint8Array, onTick: () => Promise<void>): Promise<AppliedPlan>;
  /** Updates state and outputs from the existing resources, and changes nothing else. */
  refresh(run: TerraformRun): Promise<void>;
  /** Whether an apply was started by this or an earlier attempt of the stage. */
  applyStarted(run: TerraformRun): Promise<boolean>;
  /**
   * The state of a backend outside the folder; empty if there is none yet.
   * @throws TERRAFORM_FAILED if the backend does not respond
   */
  pullState(run: TerraformRun): Promise<Uint8Array>;
  /** null if the bytes are empty, truncated, or no state. */
  readState(bytes: Uint8Array): TerraformState | null;
}
