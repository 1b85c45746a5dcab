import type { HclItem, HclValue } from './hcl.ts';

/** The parts of `main.tf` that differ by target. */
export interface MainFile {
  /** Content of the block `terraform` after the version of the engine. */
  settings: readonly HclItem[];
  providers: readonly HclItem[];
  /** Arguments of the module `terraform/modules/<target>`; null for a target without a module. */
  module: readonly HclItem[] | null;
  /** Outputs of a target without a module; other targets have the outputs of their module. */
  outputs?: { nodes: HclValue; network: HclValue };
}
