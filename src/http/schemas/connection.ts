import { connectionSchema as connection } from '../../core/cluster/connection.ts';
import { connectionExample } from './examples.ts';

export const connectionSchema = connection.meta({
  id: 'Connection',
  description: 'Everything that a client needs to connect to PostgreSQL, including the password.',
  examples: [connectionExample],
});
