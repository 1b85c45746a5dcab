import { chmodSync, writeFileSync } from 'node:fs';
import { paths } from './server.js';
/** One line of psql for each node; the passwords lie in a file of their own, not in the lines. */
export function connectionLines(connection, certificate) {
    const entries = connection.nodes.map(({ host, port }) => `${host}:${port}:*:${connection.user}:${connection.password}\n`);
    writeFileSync(paths.passwords, entries.join(''), { mode: 0o600 });
    chmodSync(paths.passwords, 0o600);
    return connection.nodes.map(({ name, role, host, port }) => `  ${(role ?? '?').padEnd(8)} ${name}\n  psql "host=${host} port=${port} user=${connection.user} dbname=${connection.database} sslmode=verify-full sslrootcert=${certificate}"`);
}
