import { parameterListSchema as parameterList } from '../../core/postgres/parameter-list.ts';

export const parameterListSchema = parameterList.meta({
  id: 'ParameterList',
  description: 'The written value of each parameter, and the value that each node runs with.',
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
});
