/** The one table of exit codes: the code returns these, `--help` and the reference print them. */
export const EXIT = {
  done: { code: 0, meaning: 'It is done.' },
  failed: { code: 1, meaning: 'The operation or the request failed.' },
  usage: { code: 2, meaning: 'The command line is wrong, or lacks an answer that was needed.' },
  notFound: { code: 3, meaning: 'There is no such cluster, operation or plan.' },
  refused: { code: 4, meaning: 'The server refused it as things are, e.g. the cluster is busy.' },
  unreachable: { code: 5, meaning: 'No Hathi server answers.' },
  declined: { code: 6, meaning: 'You declined, cancelled it, or left it running.' },
} as const satisfies Record<string, { code: number; meaning: string }>;

export type Exit = keyof typeof EXIT;
