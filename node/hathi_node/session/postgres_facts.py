"""Facts of PostgreSQL, read over its socket in one session of `psql` that stays open."""

import contextlib
import json
import os
import re
import select
import subprocess
import time

from hathi_node.postgres import SESSION

READ_SECONDS = 2.0
END = 'hathi-end-of-round'
LOST = re.compile('connection to server was lost|server closed the connection|terminating connection')
NO_SERVER = ('No such file or directory', 'Connection refused')

# CASE avoids calls to functions that fail in the current state. The timeline of a primary comes from the name of
# its WAL file, because the control file gets a new timeline only at the next checkpoint.
QUERY = """
SELECT json_build_object(
  'in_recovery', pg_is_in_recovery(),
  'system_identifier', (SELECT system_identifier::text FROM pg_control_system()),
  'server_version', current_setting('server_version'),
  'started_at', pg_postmaster_start_time(),
  'timeline', CASE WHEN pg_is_in_recovery()
     THEN coalesce((SELECT received_tli FROM pg_stat_wal_receiver),
                   (SELECT timeline_id FROM pg_control_checkpoint()))
     ELSE ('x' || lpad(substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8), 8, '0'))::bit(32)::int END,
  'promotion', CASE WHEN NOT pg_is_in_recovery() THEN (SELECT json_build_object(
     'history', pg_read_file(file, true), 'at', (pg_stat_file(file, true)).modification)
     FROM (SELECT 'pg_wal/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '.history' AS file)
       AS history) END,
  'current_lsn', CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn()::text END,
  'replica', CASE WHEN pg_is_in_recovery() THEN json_build_object(
     'received_lsn', pg_last_wal_receive_lsn()::text,
     'replayed_lsn', pg_last_wal_replay_lsn()::text,
     'replay_pause_state', pg_get_wal_replay_pause_state(),
     'receiver_status', (SELECT status FROM pg_stat_wal_receiver),
     'slot_name', (SELECT nullif(slot_name, '') FROM pg_stat_wal_receiver),
     'sender_host', (SELECT sender_host FROM pg_stat_wal_receiver),
     'replay_age_seconds', extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8) END,
  'senders', (SELECT coalesce(json_agg(json_build_object(
     'pid', pid, 'application_name', application_name, 'client_address', host(client_addr), 'state', state,
     'sync_state', sync_state, 'sent_lsn', sent_lsn::text, 'replayed_lsn', replay_lsn::text,
     'replay_lag_seconds', extract(epoch FROM replay_lag)::float8)), '[]') FROM pg_stat_replication),
  'slots', (SELECT coalesce(json_agg(json_build_object(
     'name', slot_name, 'active', active, 'active_pid', active_pid, 'restart_lsn', restart_lsn::text,
     'wal_status', wal_status,
     'retained_bytes', CASE WHEN NOT pg_is_in_recovery()
        THEN pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::int8 END)), '[]')
     FROM pg_replication_slots WHERE slot_type = 'physical'),
  'sessions', (SELECT json_build_object(
     'total', count(*), 'active', count(*) FILTER (WHERE state = 'active'),
     'idle_in_transaction', count(*) FILTER (WHERE state LIKE 'idle in transaction%'),
     'oldest_transaction_seconds', coalesce(extract(epoch FROM clock_timestamp() - min(xact_start)), 0)::float8)
     FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()),
  'max_connections', current_setting('max_connections')::int,
  'transaction_id_age', (SELECT max(age(datfrozenxid)) FROM pg_database),
  'commits', (SELECT sum(xact_commit)::int8 FROM pg_stat_database),
  'checksum_failures', (SELECT coalesce(sum(checksum_failures), 0)::int8 FROM pg_stat_database),
  'archiver', CASE WHEN current_setting('archive_mode') <> 'off' THEN
     (SELECT json_build_object('archived', archived_count, 'failed', failed_count,
        'last_archived_at', last_archived_time, 'last_failed_at', last_failed_time) FROM pg_stat_archiver) END,
  'pending_restart', (SELECT coalesce(json_agg(name ORDER BY name), '[]') FROM pg_settings WHERE pending_restart)
)
"""


def promotion_of(found):
    """When the timeline of a primary began, and at which position of the previous one; None on the first timeline."""
    lines = [line.split('\t') for line in ((found or {}).get('history') or '').splitlines() if line.strip()]
    if not lines:
        return None
    timeline, lsn, *_ = lines[-1]
    return {'at': found['at'], 'previous_timeline': int(timeline), 'switch_lsn': lsn}


def reason_of(lines):
    """Part of a sentence from the output of psql. Its last line is often only a hint."""
    for line in lines:
        found = re.search(r'(?:(?:FATAL|ERROR): +|failed: )(?!.*(?:FATAL|ERROR): )(.+)', line)
        if found is None:
            continue
        reason = found[1].strip().rstrip('.')
        return 'no server listens on its socket' if reason in NO_SERVER else reason
    return lines[-1].strip().rstrip('.?')


class PostgresFacts:
    def __init__(self, settings):
        self.port = str(settings['port'])
        self.program = settings['psql']
        self.child: subprocess.Popen[bytes] | None = None

    def read(self):
        """The row of the query; `error` with the reason if there is none."""
        is_new = self.child is None or self.child.poll() is not None
        lines = self.request()
        # A session that PostgreSQL ended shows only its own end, not whether PostgreSQL runs again.
        if not is_new and any(LOST.search(line) for line in lines):
            self.close()
            lines = self.request()
        row = next((line for line in lines if line.startswith('{')), None)
        if row is not None:
            found = json.loads(row)
            return {**found, 'promotion': promotion_of(found['promotion'])}
        self.close()
        return {'error': reason_of(lines) if lines else f'no response within {READ_SECONDS:g} s'}

    def request(self):
        """The lines of the response, in a new session if none is open."""
        if self.child is None or self.child.poll() is not None:
            self.close()
            self.child = self.start()
        assert self.child.stdin is not None
        request = ' '.join(QUERY.split()) + ';\n\\echo ' + END + '\n'
        with contextlib.suppress(BrokenPipeError):
            self.child.stdin.write(request.encode())
            self.child.stdin.flush()
        return self.lines_until_end()

    def start(self):
        # runuser would stay as a process of its own.
        words = ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', '--']
        words += [self.program, '-XAtq', '-v', 'ON_ERROR_STOP=1']
        environment = {
            **os.environ,
            'PGHOST': '/var/run/postgresql',
            'PGPORT': self.port,
            'PGDATABASE': 'postgres',
            'PGAPPNAME': 'hathi-observe',
            'PGCONNECT_TIMEOUT': '2',
            'PGOPTIONS': f'{SESSION} -c statement_timeout=1500 -c jit=off',
        }
        return subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd='/',
            env=environment,
        )

    def lines_until_end(self):
        assert self.child is not None and self.child.stdout is not None
        stdout = self.child.stdout.fileno()
        received = b''
        deadline = time.monotonic() + READ_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([stdout], [], [], left)[0]:
                break
            chunk = os.read(stdout, 65536)
            received += chunk
            if not chunk or received.endswith(END.encode() + b'\n'):
                break
        return [line for line in received.decode(errors='replace').splitlines() if line and line != END]

    def close(self):
        if self.child is None:
            return
        # Not waited for without a limit: a process in an uninterruptible read ignores the signal.
        self.child.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.child.wait(0.5)
        for pipe in (self.child.stdin, self.child.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self.child = None
