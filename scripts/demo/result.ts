import { chmodSync, writeFileSync } from 'node:fs';
import type { Connection } from '../../src/core/cluster/connection.ts';
import { CONNECT_TIMEOUT_SECONDS } from '../../src/core/cluster/connection-strings.ts';
import { paths } from './server.ts';

/**
 * Commands that open psql on the primary and on a replica, also after a failover. The password is in a
 * file, not in the commands.
 */
export function connectionLines(connection: Connection, certificate: string): string[] {
  const { nodes, user, password, database } = connection;
  const entries = nodes.map(({ host, port }) => `${host}:${port}:*:${user}:${password}\n`);
  writeFileSync(paths.passwords, entries.join(''), { mode: 0o600 });
  chmodSync(paths.passwords, 0o600);
  const hosts = nodes.map(({ host }) => host).join(',');
  const ports = nodes.map(({ port }) => port).join(',');
  const psql = (attributes: string): string =>
    `  psql "host=${hosts} port=${ports} user=${user} dbname=${database} sslmode=verify-full sslrootcert=${certificate} connect_timeout=${CONNECT_TIMEOUT_SECONDS} target_session_attrs=${attributes}"`;
  return [
    '  # the primary, also after a failover',
    psql('read-write'),
    '  # a replica',
    psql('prefer-standby'),
  ];
}
