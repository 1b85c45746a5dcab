"""Patroni's REST API, over mutual TLS."""

import os
import signal
import time

from hathi_node.postgres import SESSION, quoted
from hathi_node.problem import Problem

REST_PORT = 8008
# A change of the configuration may meet a Patroni that resets connections for a moment.
PATCH_ATTEMPTS = 5
PATCH_PAUSE_SECONDS = 0.2


def is_primary(status):
    """Before Patroni 4 the word is `master`."""
    return status.get('role') in ('primary', 'master')


def difference(before, after):
    """The parameters that are not alike, with their new value: None for one that went."""
    return {
        name: after.get(name)
        for name in {**before, **after}
        if name not in before or name not in after or str(before[name]) != str(after[name])
    }


def patch_for(found, wanted):
    """What to send to `/config` so that it becomes `wanted`.

    Keys that are not in `wanted` are left alone, since a drill or a maintenance may have set them;
    the parameters are owned as a whole, so one that is no longer wanted is removed.
    """
    patch = {}
    for key, value in wanted.items():
        if key == 'parameters':
            changed = difference(found.get(key, {}), value)
            if changed:
                patch[key] = changed
        elif isinstance(value, dict):
            inner = patch_for(found.get(key, {}), value)
            if inner:
                patch[key] = inner
        elif key not in found or str(found[key]) != str(value):
            patch[key] = value
    return patch


class Patroni:
    def __init__(self, node, caller, members):
        self.node = node
        self.caller = caller
        self.members = members

    def request(self, name, method, path, body=None, seconds=3):
        return self.caller.request(self.members[name], REST_PORT, method, path, body, seconds)

    def status(self, name):
        """The current state, observed by SQL; empty if the member does not respond."""
        # The same content as `/patroni`, which waits for seconds while PostgreSQL starts.
        _, response = self.request(name, 'GET', '/health')
        return response if isinstance(response, dict) else {}

    def wake(self, name):
        """A PATCH that changes nothing makes a member go through its loop at once."""
        self.request(name, 'PATCH', '/config', {'postgresql': {}})

    def describe(self, name):
        status = self.status(name)
        if not status:
            return 'no response'
        return f'{status.get("state", "unknown")}, not streaming'

    def not_streaming(self, leader):
        streaming = {
            entry.get('application_name')
            for entry in self.status(leader).get('replication', [])
            if entry.get('state') == 'streaming'
        }
        return [name for name in self.members if name != leader and name not in streaming]

    def wait_for_streams(self, others, seconds):
        """On the leader: waits for these members to stream, `seconds` at most. Returns who does not.

        Within one session: a question for each look would take time from what is waited for.
        """
        if not others:
            return []
        streams = f"pg_stat_replication where state = 'streaming' and application_name in ({quoted(others)})"
        streaming = self.sql(
            f"""do $$ declare until timestamptz := clock_timestamp() + interval '{seconds} s'; begin
                while (select count(distinct application_name) from {streams}) < {len(others)}
                  and clock_timestamp() < until
                loop perform pg_sleep(0.05), pg_stat_clear_snapshot(); end loop; end $$;
            select application_name from {streams}"""
        )
        return [name for name in others if name not in streaming]

    def sql(self, statement):
        """On this node, through the socket. Returns the lines; none where PostgreSQL is not up."""
        words = ['runuser', '-u', 'postgres', '--', 'psql', '-XAtqc', statement]
        _, out = self.node.run(words, PGOPTIONS=SESSION, PGCONNECT_TIMEOUT='5')
        return out.split()

    def copied_bytes(self):
        """Bytes that all running copies of this node have sent."""
        rows = self.sql('select coalesce(sum(backup_streamed), 0) from pg_stat_progress_basebackup')
        return int(rows[0]) if rows else 0

    def needs_restart(self, parameters):
        """Which of the parameters PostgreSQL reads only at its start."""
        if not parameters:
            return []
        return self.sql(f"select name from pg_settings where context = 'postmaster' and name in ({quoted(parameters)})")

    def reload_postgres(self, data_directory):
        """Patroni reloads it for changed parameters only, not for a renewed certificate."""
        try:
            with open(f'{data_directory}/postmaster.pid') as handle:
                os.kill(int(handle.readline()), signal.SIGHUP)
        except (FileNotFoundError, ProcessLookupError, ValueError):
            pass

    def configuration(self, name):
        """None while the leader of a new cluster has not written it, and while Patroni does not respond.

        A Patroni that reads a new certificate resets the connections to its API.
        """
        status, response = self.request(name, 'GET', '/config')
        if status in (0, 502):
            return None
        if status != 200:
            raise Problem(f'{name} does not give its configuration: {response}')
        return response

    def configure(self, name, found, wanted):
        """Returns the PostgreSQL parameters changed by one PATCH; nothing when none was needed."""
        patch = patch_for(found, wanted)
        if not patch:
            return None
        for _ in range(PATCH_ATTEMPTS):
            status, response = self.request(name, 'PATCH', '/config', patch)
            if status != 0:
                break
            time.sleep(PATCH_PAUSE_SECONDS)
        if status != 200:
            raise Problem(f'{name} refuses the configuration: {response}')
        return patch.get('postgresql', {}).get('parameters', {})
