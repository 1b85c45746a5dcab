import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enginesHere } from '../../../test/support/terraform-engines.ts';
import { runCommand } from '../process/run-command.ts';
import { readPlan, SENSITIVE, UNKNOWN } from './plan-document.ts';

const CONFIGURATION = `
variable "password" {
  type      = string
  sensitive = true
}
variable "size" {
  default = 1
}
resource "terraform_data" "whole" {
  input = var.password
}
resource "terraform_data" "part" {
  input = { user = "ada", password = var.password, sizes = [var.size, { secret = var.password }] }
}
resource "terraform_data" "plain" {
  input            = terraform_data.whole.id
  triggers_replace = var.size
}
output "leak" {
  value     = var.password
  sensitive = true
}
`;
const PASSWORD = 'correct horse';

describe.each(enginesHere())('what $name plans', (engine) => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hathi-plan-'));
    writeFileSync(join(folder, 'cli.tfrc'), '');
    writeFileSync(join(folder, 'main.tf'), CONFIGURATION);
    await run('init', '-input=false');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function run(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await runCommand(engine.path, args, {
      cwd: folder,
      env: {
        PATH: '/usr/bin:/bin',
        HOME: folder,
        TF_CLI_CONFIG_FILE: join(folder, 'cli.tfrc'),
        TF_VAR_password: PASSWORD,
        CHECKPOINT_DISABLE: '1',
      },
      timeoutSeconds: 30,
    });
    if (exitCode !== 0) throw new Error(stderr);
    return stdout;
  }

  async function planned(...args: string[]) {
    await run('plan', '-input=false', '-out=plan', ...args);
    const shown = await run('show', '-json', 'plan');
    expect(shown).toContain(PASSWORD); // Otherwise the masking proves nothing.
    return readPlan(JSON.parse(shown), {});
  }

  it('is counted, masked where it is sensitive, and told from what is not known yet', async () => {
    const creation = await planned();
    expect(creation.summary).toEqual({ add: 3, change: 0, replace: 0, destroy: 0, empty: false });
    expect(JSON.stringify(creation)).not.toContain(PASSWORD);
    const after = Object.fromEntries(creation.changes.map(({ name, after }) => [name, after]));
    expect(after).toMatchObject({
      whole: { id: UNKNOWN, input: SENSITIVE },
      part: { input: { user: 'ada', password: SENSITIVE, sizes: [1, { secret: SENSITIVE }] } },
      plain: { input: UNKNOWN, triggers_replace: 1 },
    });

    await run('apply', '-input=false', 'plan');
    expect((await planned()).summary.empty).toBe(true);

    const change = await planned('-var=size=2', '-replace=terraform_data.whole');
    expect(change.summary).toEqual({ add: 0, change: 1, replace: 2, destroy: 0, empty: false });
    expect(change.changes.find(({ name }) => name === 'whole')?.action_reason).toBe(
      'replace_by_request',
    );
    expect(JSON.stringify(change)).not.toContain(PASSWORD);

    const removal = await planned('-destroy');
    expect(removal.summary).toEqual({ add: 0, change: 0, replace: 0, destroy: 3, empty: false });
    expect(JSON.stringify(removal)).not.toContain(PASSWORD);
  });
});
