import { z } from 'zod';
import { hostRecapSchema, type StageEvent, TASK_STATUSES } from '../../core/operation/event.ts';
import type { HostRecap, PlaybookFailure } from '../../ports/ansible.ts';

const rejectedSchema = z.object({
  parameter: z.string().nullable(),
  value: z.string().nullable(),
  reason: z.string(),
});

/** Lines of the callback. `ansible/README.md` describes each of them. */
const lineSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('task_started'), task: z.string(), role: z.string().nullish() }),
  z.object({
    event: z.literal('host_task'),
    task: z.string(),
    role: z.string().nullish(),
    host: z.string(),
    status: z.enum(TASK_STATUSES),
    duration_seconds: z.number(),
    message: z.string().nullish(),
    rejected: rejectedSchema.nullish(),
  }),
  z.object({
    event: z.literal('progress'),
    host: z.string(),
    verb: z.string(),
    progress: z.object({ state: z.string(), copied_bytes: z.number().nonnegative().optional() }),
  }),
  z.object({
    event: z.literal('recap'),
    duration_seconds: z.number(),
    hosts: z.record(z.string(), hostRecapSchema),
  }),
]);
type Line = z.infer<typeof lineSchema>;

/** Results of a run so far. */
export interface PlaybookFacts {
  recap: Record<string, HostRecap>;
  failures: PlaybookFailure[];
}

/** Converts the lines of the callback into events. Adds the facts of the result to `facts`. */
export function readLines(lines: readonly string[], facts: PlaybookFacts): StageEvent[] {
  return lines.flatMap((text) => {
    const line = parse(text);
    return line ? [toEvent(line, facts)] : [];
  });
}

/** Other lines (warnings, lines of later versions of the callback) are not events. */
function parse(text: string): Line | null {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

function toEvent(line: Line, facts: PlaybookFacts): StageEvent {
  switch (line.event) {
    case 'task_started':
      return { type: 'ansible.task', data: { task: line.task, role: line.role ?? null } };
    case 'host_task': {
      const { event: _event, role = null, message = null, rejected = null, ...fields } = line;
      if (line.status === 'failed' || line.status === 'unreachable') {
        facts.failures.push({
          host: line.host,
          role,
          task: line.task,
          message,
          rejected,
        });
      }
      return { type: 'ansible.host', data: { ...fields, role, message } };
    }
    case 'progress':
      return {
        type: 'node.progress',
        data: { node: line.host, verb: line.verb, ...line.progress },
      };
    case 'recap':
      facts.recap = line.hosts;
      return {
        type: 'ansible.recap',
        data: { hosts: line.hosts, duration_seconds: line.duration_seconds },
      };
  }
}
