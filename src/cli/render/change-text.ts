/** One difference between the nodes and the requested settings. */
export interface ReviewedSpecChange {
  field: string;
  before: string | null;
  after: string | null;
  effect: string;
}

const EFFECTS: Record<string, string> = {
  machines: 'see the plan',
  restart: 'PostgreSQL restarts, one node at a time',
  reload: 'reload',
  configuration: 'reload',
};

/** One line for each setting that changes, with both values and its effect. */
export function changeLines(changes: readonly ReviewedSpecChange[]): string[] {
  if (changes.length === 0) return [];
  return [
    'Settings to change:',
    '',
    ...changes.map(({ field, before, after, effect }) => {
      const values = `${before ?? 'default'} → ${after ?? 'default'}`;
      return `  ~ ${field}: ${values} (${EFFECTS[effect] ?? effect})`;
    }),
  ];
}

const EARLIER_STAGES: Record<string, (node: string | null) => string> = {
  switchover: (node) => `${node} becomes the primary; writes stop for some seconds`,
  'remove-etcd-members': () => 'the leaving members of etcd are removed, one by one',
};

/** An empty line, then one for each stage between plan and apply, and one if only one copy of the data remains. */
export function procedureLines(
  stages: readonly { name: string; node: string | null }[],
  replicaCount: number,
  changes: readonly ReviewedSpecChange[],
): string[] {
  const lines = stages.flatMap(({ name, node }) => {
    const text = EARLIER_STAGES[name]?.(node);
    return text === undefined ? [] : [`  > ${text}`];
  });
  const losesReplicas = changes.some(({ field }) => field === 'replica_count');
  if (replicaCount === 0 && losesReplicas) lines.push('  > only one copy of the data remains');
  return lines.length === 0 ? [] : ['', ...lines];
}
