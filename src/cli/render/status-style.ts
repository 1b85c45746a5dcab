import type { Style, StyleName } from '../terminal/terminal.ts';

const COLOURS: Record<string, StyleName> = {
  healthy: 'green',
  succeeded: 'green',
  streaming: 'green',
  'not-streaming': 'red',
  'no-primary': 'red',
  unreachable: 'red',
  degraded: 'red',
  'failover-unavailable': 'yellow',
  'low-capacity': 'yellow',
  'certificate-expiring': 'yellow',
  'clock-wrong': 'yellow',
  unknown: 'yellow',
  failed: 'red',
  interrupted: 'red',
  'awaiting-approval': 'yellow',
  unverified: 'yellow',
  'change-pending': 'yellow',
  stopped: 'yellow',
  missing: 'red',
  cancelling: 'yellow',
  changing: 'cyan',
  running: 'cyan',
  destroying: 'cyan',
};

/** A status or a state in its colour. The colour adds no information. */
export function statusText(status: string, style: Style): string {
  const colour = COLOURS[status];
  return colour ? style(colour, status) : status;
}
