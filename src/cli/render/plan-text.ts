import type { Style, StyleName } from '../terminal/terminal.ts';
import { commandOf, type Remedy } from './remedy-command.ts';
import { indent } from './table.ts';

/** The members of a plan that are printed for the review. */
export interface ReviewedPlan {
  id: string;
  cluster_name: string;
  destroy: boolean;
  summary: { add: number; change: number; replace: number; destroy: number; empty: boolean };
  changes: readonly ReviewedChange[];
  /** Why it cannot be applied; empty if it can. */
  refusals: readonly { message: string; action: string; remedies: readonly Remedy[] }[];
  /** Stopped machines that its apply starts. */
  starts: readonly { node: string }[];
  context: ReviewedContext | null;
}

/** Results of the checks outside Terraform. */
interface ReviewedContext {
  identity: { account: string; arn: string; region: string };
  findings: readonly { severity: string; message: string; action: string }[];
  cost: {
    currency: string;
    per_hour: number;
    per_month: number;
    parts: readonly { per_month: number | null }[];
    note: string;
  } | null;
}

interface ReviewedChange {
  address: string;
  type: string;
  name: string;
  actions: readonly string[];
  before?: unknown;
  after?: unknown;
  action_reason: string | null;
  /** Observed role of the node, if any. */
  role: string | null;
  effect: string;
}

type Sign = '+' | '~' | '-/+' | '-';
const COLOUR: Record<Sign, StyleName> = { '+': 'green', '~': 'yellow', '-/+': 'red', '-': 'red' };
const SIGN_WIDTH = 3;
const LONGEST_VALUE = 60;

/** The changes of a plan: one line for each resource, its differences below it, and a summary. */
export function planText(plan: ReviewedPlan, style: Style): string {
  const changes = plan.changes.flatMap((change) => {
    const sign = signOf(change.actions);
    return sign === null ? [] : [{ change, sign }];
  });
  changes.sort(
    (one, other) =>
      dangerOf(other.change) - dangerOf(one.change) ||
      nameOf(one.change).localeCompare(nameOf(other.change), 'en', { numeric: true }),
  );
  const lines = changes.flatMap(({ change, sign }) => [
    headline(change, sign, style),
    ...differences(change, sign).map((line) => style('dim', `        ${line}`)),
  ]);
  const head = style(
    'bold',
    plan.destroy
      ? `Resources of cluster ${plan.cluster_name} to destroy:`
      : `Changes to cluster ${plan.cluster_name}:`,
  );
  const sum = summaryLine(plan);
  lines.push(
    ...plan.starts.map(({ node }) =>
      style('yellow', `  > node ${node} is stopped, and will be started`),
    ),
  );
  return [
    head,
    '',
    ...(lines.length === 0 ? [] : [indent(lines.join('\n'), ' '), '']),
    ...refusalLines(plan.refusals, style),
    ...(plan.context ? [...contextLines(plan.context, style), ''] : []),
    sum,
  ].join('\n');
}

/** Changes that remove something or stop a node are red as a whole, with the role of the node. */
function headline(change: ReviewedChange, sign: Sign, style: Style): string {
  const text = `${nameOf(change)}${roleOf(change)}${reasonOf(change, sign)}${effectOf(change)}`;
  const line = `${sign.padStart(SIGN_WIDTH)} ${text}`;
  if (dangerOf(change) > 0) return style('red', line);
  return `${style(COLOUR[sign], sign.padStart(SIGN_WIDTH))} ${text}`;
}

/** Loss of data comes first, then other removals and stops. */
const DANGER: Record<string, number> = {
  'loses-data': 3,
  'stops-node': 2,
  replaces: 1,
  removes: 1,
};

function dangerOf({ effect }: ReviewedChange): number {
  return DANGER[effect] ?? 0;
}

function roleOf({ role }: ReviewedChange): string {
  return role === null ? '' : ` (${role})`;
}

function effectOf({ effect }: ReviewedChange): string {
  if (effect === 'loses-data') return ', its data is removed';
  return effect === 'stops-node' ? ', stops the node' : '';
}

function refusalLines(refusals: ReviewedPlan['refusals'], style: Style): string[] {
  if (refusals.length === 0) return [];
  const actions = [...new Set(refusals.map(({ action }) => action))];
  return [
    style('red', 'Refused: this plan cannot be applied.'),
    ...refusals.map(({ message }) => style('red', `  ${message}`)),
    ...actions,
    ...(refusals[0]?.remedies ?? []).map((remedy) => `  ${commandOf(remedy)}`),
    '',
  ];
}

function contextLines({ identity, findings, cost }: ReviewedContext, style: Style): string[] {
  const { account, arn, region } = identity;
  const colour = (severity: string): StyleName => (severity === 'info' ? 'dim' : 'yellow');
  return [
    `Account ${account}, region ${region}, as ${arn}`,
    ...findings.map(({ severity, message, action }) =>
      style(colour(severity), [`${severity}:`, message, action].filter(Boolean).join(' ')),
    ),
    cost === null
      ? 'Cost: unknown. Hathi has no price for this instance type in this region.'
      : `Cost: ${cost.parts.some((part) => part.per_month === null) ? 'at least' : 'about'} ${money(cost.per_hour, 3)} ${cost.currency} an hour, ${money(cost.per_month, 2)} a month. ${cost.note}`,
  ];
}

const money = (amount: number, digits: number): string => amount.toFixed(digits);

function summaryLine({ summary, starts }: ReviewedPlan): string {
  const { add, change, replace, destroy, empty } = summary;
  const toStart = starts.length === 0 ? '' : `, ${starts.length} to start`;
  if (empty) return `Plan: nothing to change${toStart}.`;
  return `Plan: ${add} to add, ${change} to change, ${replace} to replace, ${destroy} to destroy${toStart}.`;
}

function signOf(actions: readonly string[]): Sign | null {
  const [create, update, remove] = ['create', 'update', 'delete'].map((one) =>
    actions.includes(one),
  );
  if (create && remove) return '-/+';
  if (create) return '+';
  if (update) return '~';
  return remove ? '-' : null;
}

/** `module.nodes.terraform_data.node["orders-1"]` is `node orders-1`. */
function nameOf({ address, name, type }: ReviewedChange): string {
  const key = /\["([^"]+)"\]$/.exec(address)?.[1];
  const kind = type === 'terraform_data' ? name : type;
  return key === undefined ? kind.replaceAll('_', ' ') : `${kind.replaceAll('_', ' ')} ${key}`;
}

function reasonOf({ action_reason }: ReviewedChange, sign: Sign): string {
  if (sign !== '-/+') return '';
  const reason = (action_reason ?? '').replace(/^replace_because_/, '').replaceAll('_', ' ');
  return reason === '' ? ' (replaced)' : ` (replaced: ${reason})`;
}

/** Empty for a created or removed resource: the line above names it, and its values add nothing. */
function differences({ before, after }: ReviewedChange, sign: Sign): string[] {
  if (sign === '+' || sign === '-') return [];
  const old = leaves(before);
  const now = leaves(after);
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((path) => old.get(path) !== now.get(path))
    .map((path) => `${path}: ${old.get(path) ?? '-'} → ${now.get(path) ?? 'known after apply'}`);
}

function leaves(value: unknown, path = '', found = new Map<string, string>()): Map<string, string> {
  if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      leaves(member, path === '' ? name : `${path}.${name}`, found);
    }
  } else if (path !== '' && value !== undefined) {
    const text = String(value);
    found.set(path, text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text);
  }
  return found;
}
