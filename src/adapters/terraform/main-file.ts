import type { HclItem } from './hcl.ts';

/** The parts of `main.tf` that differ by target. */
export interface MainFile {
  /** Within the block `terraform`, after the version of the engine. */
  settings: readonly HclItem[];
  providers: readonly HclItem[];
  /** What the module is called with. */
  module: readonly HclItem[];
}
