import type { StageName } from '../../src/core/operation/stage-results.ts';
import { type PlannedStage, stage } from '../../src/core/procedures/procedure.ts';
import type { Stage, StageContext } from '../../src/ports/stage.ts';

/** A stage that the product does not have, for tests of the engine. */
export interface TestStage {
  name: string;
  afterCrash: Stage['afterCrash'];
  run(context: StageContext): Promise<object>;
  recover?(context: StageContext): Promise<object>;
}

/** The engine reads neither names nor results, so a test may use others than STAGE_RESULTS has. */
export function testStage(definition: TestStage): Stage {
  return definition as unknown as Stage;
}

/** A planned stage with any name. */
export function plannedTestStage(
  name: string,
  waits: Partial<Omit<PlannedStage, 'name'>> = {},
): PlannedStage {
  return stage(name as StageName, waits);
}
