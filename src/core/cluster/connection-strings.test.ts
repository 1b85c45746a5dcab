import { expect, it } from 'vitest';
import { connectionStrings, libpqUri } from './connection-strings.ts';

const ENDPOINTS = [
  { host: '10.0.0.1', port: 5432 },
  { host: '10.0.0.2', port: 5432 },
];
const CREDENTIALS = {
  user: 'postgres',
  password: 'a&b c/d',
  database: 'postgres',
  caPath: '/data dir/ca.crt',
};
const TLS = 'sslmode=verify-full&sslrootcert=%2Fdata%20dir%2Fca.crt';

it('puts the primary first to write and last to read, with a limit for each node', () => {
  const { libpq, jdbc, sqlalchemy } = connectionStrings(ENDPOINTS, CREDENTIALS);
  expect(libpq).toEqual({
    read_write: `postgresql://postgres:a%26b%20c%2Fd@10.0.0.1:5432,10.0.0.2:5432/postgres?${TLS}&connect_timeout=3&target_session_attrs=read-write`,
    read_only: `postgresql://postgres:a%26b%20c%2Fd@10.0.0.2:5432,10.0.0.1:5432/postgres?${TLS}&connect_timeout=3&target_session_attrs=prefer-standby`,
  });
  expect(jdbc).toEqual({
    read_write: `jdbc:postgresql://10.0.0.1:5432,10.0.0.2:5432/postgres?user=postgres&password=a%26b%20c%2Fd&${TLS}&connectTimeout=6&sslResponseTimeout=3000&targetServerType=primary`,
    read_only: `jdbc:postgresql://10.0.0.2:5432,10.0.0.1:5432/postgres?user=postgres&password=a%26b%20c%2Fd&${TLS}&connectTimeout=6&sslResponseTimeout=3000&targetServerType=preferSecondary`,
  });
  expect(sqlalchemy).toEqual({
    read_write: `postgresql+psycopg://postgres:a%26b%20c%2Fd@/postgres?host=10.0.0.1:5432&host=10.0.0.2:5432&${TLS}&connect_timeout=3&target_session_attrs=read-write`,
    read_only: `postgresql+psycopg://postgres:a%26b%20c%2Fd@/postgres?host=10.0.0.2:5432&host=10.0.0.1:5432&${TLS}&connect_timeout=3&target_session_attrs=prefer-standby`,
  });
});

it('limits the wait for a single node, too', () => {
  expect(libpqUri('10.0.0.1:5432', CREDENTIALS)).toBe(
    `postgresql://postgres:a%26b%20c%2Fd@10.0.0.1:5432/postgres?${TLS}&connect_timeout=3`,
  );
});
