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
