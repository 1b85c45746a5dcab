/** The one table of exit codes: the code returns these, `--help` and the reference print them. */
export const EXIT = {
  done: { code: 0, meaning: 'Success.' },
  failed: { code: 1, meaning: 'The operation or the request failed.' },
  usage: { code: 2, meaning: 'The command line is wrong, or a required confirmation is missing.' },
  notFound: { code: 3, meaning: 'The cluster, operation, plan or context does not exist.' },
  refused: {
    code: 4,
    meaning: 'The server rejected the request in the current state, e.g. the cluster is busy.',
  },
  unreachable: { code: 5, meaning: 'No Hathi server responds.' },
  declined: { code: 6, meaning: 'You declined, cancelled it, or left it running.' },
} as const satisfies Record<string, { code: number; meaning: string }>;

export type Exit = keyof typeof EXIT;
