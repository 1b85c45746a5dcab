import type { PlaybookFailure } from '../../ports/ansible.ts';

/**
 * One failure per node, in the order in which the nodes failed: the task that failed first, with
 * the first visible reason. A task that handles secrets hides its reason; a later task reports it.
 */
export function causesOf(failures: readonly PlaybookFailure[]): PlaybookFailure[] {
  return [...Map.groupBy(failures, ({ host }) => host).values()].flatMap((ofHost) => {
    const [first] = ofHost;
    if (first === undefined) return [];
    const message = ofHost.find((failure) => failure.message !== null)?.message ?? null;
    return [{ ...first, message }];
  });
}

/** The cause in one sentence. */
export function causeText({ host, task, message }: PlaybookFailure): string {
  const reason =
    message ?? 'the task handles secrets, so its output is not shown; see the journal of the node';
  return `${host} failed at "${task}": ${reason.replace(/[.]$/, '')}.`;
}
