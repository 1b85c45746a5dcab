import { z } from 'zod';
import type { StageEvent } from '../../core/operation/event.ts';
import type { AppliedPlan, Diagnostic } from '../../ports/terraform.ts';
import { SENSITIVE } from './plan-document.ts';

/** Lines of `plan -json` and `apply -json`. Terraform and OpenTofu use the same format. */
const hookSchema = z.object({
  resource: z.object({ addr: z.string() }),
  action: z.string().optional(),
  elapsed_seconds: z.number().optional(),
  output: z.string().optional(),
});

const lineSchema = z.object({
  '@level': z.string(),
  '@message': z.string(),
  type: z.string(),
  hook: hookSchema.optional().catch(undefined),
  diagnostic: z
    .object({
      severity: z.enum(['error', 'warning']),
      summary: z.string(),
      detail: z.string().default(''),
      address: z.string().optional(),
    })
    .optional()
    .catch(undefined),
  changes: z
    .object({ add: z.number(), change: z.number(), remove: z.number(), operation: z.string() })
    .optional()
    .catch(undefined),
  outputs: z
    .record(
      z.string(),
      z.object({ sensitive: z.boolean().optional(), value: z.unknown().optional() }),
    )
    .optional()
    .catch(undefined),
});
type Line = z.infer<typeof lineSchema>;

const QUIET_COMMAND = 'Suppressed by quiet=true';

const RESOURCE_STATUS: Record<string, 'started' | 'progress' | 'completed' | 'failed'> = {
  apply_start: 'started',
  apply_progress: 'progress',
  apply_complete: 'completed',
  apply_errored: 'failed',
};

/** @returns null for a line that is not a message of the engine's stream */
function parseLine(text: string): Line | null {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/**
 * Returns the events of complete lines. A line in an unknown format is shown unchanged.
 * @param nodes names of the nodes that resources may belong to
 */
export function eventsOf(lines: readonly string[], nodes: readonly string[]): StageEvent[] {
  return lines
    .filter((line) => line.trim() !== '')
    .map((text) => {
      const line = parseLine(text);
      return line === null ? log('info', text) : eventOf(line, nodes);
    })
    .filter((event) => event !== null);
}

function log(level: string, message: string, address?: string): StageEvent {
  return {
    type: 'terraform.log',
    data: { level, message, ...(address === undefined ? {} : { address }) },
  };
}

function eventOf(line: Line, nodes: readonly string[]): StageEvent | null {
  const { hook, diagnostic, outputs } = line;
  const status = RESOURCE_STATUS[line.type];
  if (hook && status !== undefined) {
    return {
      type: 'terraform.resource',
      data: {
        address: hook.resource.addr,
        node: nodeOf(hook.resource.addr, nodes),
        action: hook.action ?? 'noop',
        status,
        ...(hook.elapsed_seconds === undefined ? {} : { elapsed_seconds: hook.elapsed_seconds }),
      },
    };
  }
  if (hook && line.type === 'provision_progress') {
    // Terraform's replacement for the output of a command that it must not show.
    if (hook.output?.includes(QUIET_COMMAND)) return null;
    return log('info', hook.output ?? line['@message'], hook.resource.addr);
  }
  if (diagnostic) {
    const message = [diagnostic.summary, diagnostic.detail].filter(Boolean).join(': ');
    return log(diagnostic.severity, message, diagnostic.address);
  }
  if (line.type === 'outputs' && outputs) {
    const known = Object.entries(outputs).filter(([, output]) => 'value' in output);
    if (known.length === 0) return null; // From a plan: has actions, but no values.
    const values = known.map(([name, { sensitive, value }]) => [
      name,
      sensitive ? SENSITIVE : value,
    ]);
    return { type: 'terraform.outputs', data: { outputs: Object.fromEntries(values) } };
  }
  if (line.type === 'change_summary') return log('info', line['@message']);
  return null;
}

/** The resource key of a node is the name of the node. */
function nodeOf(address: string, nodes: readonly string[]): string | null {
  const key = /\["([^"]+)"\]$/.exec(address)?.[1];
  return key !== undefined && nodes.includes(key) ? key : null;
}

/** Returns the result of a run from its complete stream. */
export function conclude(stream: string): Pick<AppliedPlan, 'diagnostics' | 'resources'> {
  const diagnostics: Diagnostic[] = [];
  let resources = { added: 0, changed: 0, destroyed: 0 };
  for (const text of stream.split('\n')) {
    const line = parseLine(text);
    if (line?.diagnostic) {
      const { severity, summary, detail, address } = line.diagnostic;
      diagnostics.push({ severity, summary, detail, address: address ?? null });
    }
    if (line?.changes && line.changes.operation !== 'plan') {
      const { add, change, remove } = line.changes;
      resources = { added: add, changed: change, destroyed: remove };
    }
  }
  return { diagnostics, resources };
}
