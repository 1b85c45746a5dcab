import { z } from 'zod';
import type { ParameterList } from '../../services/api.ts';

export const parameterListSchema = z
  .object({
    parameters: z.array(
      z.object({
        name: z.string(),
        value: z.string().nullable().describe('As it is written; null where Hathi writes none.'),
        default: z.string().nullable().describe('What it would be if nothing set it, in `unit`.'),
        unit: z.string().nullable().describe('Of `default` and of `setting`, e.g. `8kB`.'),
        source: z
          .enum(['spec', 'hathi', 'node'])
          .describe(
            '`spec`: asked for; `hathi`: follows from the size; `node`: found there, set by Patroni or by hand.',
          ),
        restart: z.boolean().nullable().describe('Whether a change of it needs a restart.'),
        nodes: z.array(
          z.object({
            node: z.string(),
            setting: z.string(),
            source: z.string().describe("PostgreSQL's own word, e.g. `command line`."),
            pending_restart: z.boolean(),
          }),
        ),
      }),
    ),
    unreachable: z.array(z.object({ node: z.string(), reason: z.string() })),
  })
  .meta({
    id: 'ParameterList',
    description: 'What is written for each node, beside what each node runs with.',
    examples: [
      {
        parameters: [
          {
            name: 'max_connections',
            value: '200',
            default: '100',
            unit: null,
            source: 'spec',
            restart: true,
            nodes: [
              {
                node: 'orders-1',
                setting: '200',
                source: 'command line',
                pending_restart: false,
              },
            ],
          },
        ],
        unreachable: [],
      },
    ],
  }) satisfies z.ZodType<ParameterList>;
