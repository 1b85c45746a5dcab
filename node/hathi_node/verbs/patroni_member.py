"""Makes this node a healthy member of the Patroni cluster, from any state that an earlier run left.

On the leader it waits until every other member streams and every etcd member is healthy, and then brings
the dynamic configuration to its final values.

Arguments: `name`; `scope`; `members`, `etcd_members` (address by name); `configuration_file` (Patroni's
own among the files); `data_directory`; `dynamic_configuration` (what is kept in etcd); `ca`,
`certificate`, `key` (paths); `timeout_seconds` (how long to wait while nothing moves).
"""

import json
import os
import shutil
import time

from hathi_node.etcd import Etcd
from hathi_node.files import place_files
from hathi_node.https import Caller
from hathi_node.patroni import Patroni, difference, is_primary
from hathi_node.progress import ProgressLines
from hathi_node.reload import Reload
from hathi_node.systemd import Service
from hathi_node.waiting import Progress, Seldom

UNIT = 'patroni'
UNIT_DIRECTORY = '/etc/systemd/system/'
# A change of one of these is a change of the guard.
GUARD_FILES = (UNIT_DIRECTORY, '/etc/hathi/guard.json', '/usr/local/lib/hathi/hathi_node/')
PAUSE_SECONDS = 0.2
# A question to Patroni costs both ends a TLS handshake, and counting bytes a process: on a machine that
# copies for several nodes at once, a request at every look took a third of all its time.
QUIET_SECONDS = 2
# Each copy of the primary makes it begin a new WAL file of 16 MB, which every other copy then takes along,
# padding included: eight at once wrote ten times the size of the database. A copy of a replica begins none.
COPIES_OF_THE_PRIMARY = 2
# For a first replica that takes longer than a new one, which is there in a second or two, nobody waits.
SOURCE_SECONDS = 10
SOURCE_PAUSE_SECONDS = 0.3
# Number of checks for a replica that other nodes wait for.
LOOKS_TO_BE_SEEN = 10


def read(path):
    try:
        with open(path) as handle:
            return handle.read()
    except FileNotFoundError:
        return ''


def free_bytes():
    """Free space where the data is. It falls while a copy arrives, and costs nothing to read."""
    found = os.statvfs('/var/lib/postgresql')
    return found.f_bfree * found.f_frsize


def is_source(member):
    """Whether Patroni lets a new member copy this one, by its entry in etcd."""
    told = json.loads(member)
    return told.get('role') == 'replica' and told.get('state') == 'running'


def local_parameters(configuration):
    return configuration.get('postgresql', {}).get('parameters', {})


class Member:
    def __init__(self, node):
        params = node.params
        self.node = node
        self.name = params['name']
        self.data_directory = params['data_directory']
        self.service = Service(node, UNIT)
        self.progress = Progress(params['timeout_seconds'])
        self.lines = ProgressLines()
        self.changed = []

    def call(self):
        """Only once the certificate is there to call with."""
        params = self.node.params
        caller = Caller(params['ca'], params['certificate'], params['key'])
        self.etcd = Etcd(caller, params['etcd_members'])
        self.patroni = Patroni(self.node, caller, params['members'])

    def key(self, name):
        """Where Patroni keeps this in etcd."""
        return f'/service/{self.node.params["scope"]}/{name}'

    def wait_for_etcd(self):
        """A Patroni that finds no etcd sleeps five seconds before its next request."""
        while True:
            responded, initialized = self.etcd.get(self.key('initialize'))
            if responded:
                return initialized
            self.progress.check(f'etcd does not respond to {self.name}: {initialized}')
            time.sleep(PAUSE_SECONDS / 2)

    def clear_half_made(self, initialized):
        """Before Patroni runs: removes data that no cluster was ever made of, or half a copy."""
        if not os.path.isdir(self.data_directory) or not os.listdir(self.data_directory):
            return
        # The copy's last file is pg_control.
        half_copied = not os.path.exists(f'{self.data_directory}/global/pg_control')
        # Patroni writes the system identifier here when the first start is through, so an empty
        # value with data means that it died in between, on this node.
        half_made = initialized == '' and self.etcd.get(self.key('leader')) == (True, None)
        if half_copied or half_made:
            shutil.rmtree(self.data_directory)
            self.changed.append('clear')
        if half_made:
            self.etcd.delete(self.key('initialize'))

    def first(self):
        """Those that start at once: one becomes the primary of a new cluster, the others copy it."""
        return list(self.node.params['members'])[: COPIES_OF_THE_PRIMARY + 1]

    def is_waited_for(self):
        """Whether there are nodes that wait for a replica to copy, and this one is none of them."""
        return len(self.node.params['members']) > len(self.first()) and self.name in self.first()

    def shorten_later_copies(self):
        """On the leader of a new cluster: a checkpoint, as soon as the copies of the primary are over.

        A copy takes along the WAL since the last checkpoint that its source has seen. That would be the one
        with which the source itself was copied, and after it came a WAL file for each of the first copies.
        """
        if not self.is_waited_for():
            return
        copies = [name for name in self.first() if name != self.name]
        self.patroni.wait_for_streams(copies, SOURCE_SECONDS)
        self.patroni.sql('checkpoint')

    def be_seen(self):
        """Other nodes wait until Patroni has written to etcd that this replica runs, which it does in each loop."""
        if not self.is_waited_for():
            return
        for _ in range(LOOKS_TO_BE_SEEN):
            self.patroni.wake(self.name)
            responded, member = self.etcd.get(self.key(f'members/{self.name}'))
            if responded and member and is_source(member):
                return
            time.sleep(PAUSE_SECONDS / 2)

    def wait_for_source(self):
        """Before Patroni runs without data: until there is a replica to copy, where many would start at once."""
        if self.name in self.first() or os.path.exists(f'{self.data_directory}/PG_VERSION'):
            return
        members = self.key('members/')
        deadline = time.monotonic() + SOURCE_SECONDS
        while time.monotonic() < deadline:
            found, revision = self.etcd.below(members)
            if any(is_source(member) for member in found or []):
                return
            seconds = max(deadline - time.monotonic(), 0.1)
            if found is None or not self.etcd.wait_for(is_source, members, revision, seconds):
                time.sleep(SOURCE_PAUSE_SECONDS)

    def place_files(self, is_active):
        """Places the files, and notes beforehand what a running Patroni must then do.

        Returns the local parameters that are new to a running PostgreSQL.
        """
        before = read(self.node.params['configuration_file'])
        wanted = self.node.file(self.node.params['configuration_file'])['content']
        parameters = {}
        if is_active and before != wanted:
            # Patroni brings it along; a node has nothing to read with unless something changed.
            import yaml

            old, new = yaml.safe_load(before) or {}, yaml.safe_load(wanted)
            parameters = difference(local_parameters(old), local_parameters(new))
            # A reload does not read etcd's hosts again.
            if not self.node.check_mode:
                # Added to what an earlier run could not do: it had overwritten the file already.
                earlier, *names = self.service.due().split() or ['']
                restart = earlier == 'restart' or old.get('etcd3') != new['etcd3']
                names = sorted({*names, *parameters})
                self.service.note_due(' '.join(['restart' if restart else 'reload', *names]))
        self.changed += place_files(self.node)
        if is_active and self.changed and not self.node.check_mode and not self.service.due():
            self.service.note_due('reload')
        return parameters

    def start_guard(self):
        """Before Patroni, which does not become the leader without its watchdog."""
        if any(path.startswith(UNIT_DIRECTORY) for path in self.changed):
            self.service.systemctl('daemon-reload')
        socket = Service(self.node, 'hathi-guard.socket')
        guard = Service(self.node, 'hathi-guard.service')
        if any(path.startswith(GUARD_FILES) for path in self.changed):
            self.service.systemctl('enable', '--no-reload', '--quiet', socket.unit, guard.unit)
            self.service.systemctl('start', socket.unit)
            # The keepalives of the moment stay in the FIFO, and the state in /run.
            self.service.systemctl('restart', guard.unit)
        elif guard.started() is None:
            guard.start(socket.unit)
            self.changed.append('start guard')

    def start(self, is_active):
        due, *names = self.service.due().split() or ['']
        if not is_active:
            self.clear_half_made(self.wait_for_etcd())
            self.wait_for_source()
            self.service.start()
            self.changed.append('start')
        elif due == 'restart':
            # Killed, Patroni leaves PostgreSQL running and its lease in place, and finds both
            # again: no pause of the whole cluster that a killed run could leave behind.
            self.service.systemctl('kill', '--kill-whom=main', '--signal=KILL', 'patroni')
            self.service.systemctl('restart', 'patroni')
            self.changed.append('restart')
        elif due == 'reload':
            reload = Reload(self.node, self.service, self.patroni, names)
            reload.carry_out(self.postgres_is_up, self.progress)
            self.changed.append('reload')
        if is_active:
            self.reset_what_stops_postgres()
        # Not before: a reload that Patroni could not carry out stays due.
        self.service.clear_due()

    def reset_what_stops_postgres(self):
        """The leader changes the configuration in etcd once all members stream, and none does without PostgreSQL."""
        if self.postgres_is_up():
            return
        wanted = self.node.params['dynamic_configuration']['postgresql']['parameters']
        found = self.patroni.configuration(self.name) if self.patroni.status(self.name) else None
        if found is not None:
            self.patroni.configure(self.name, found, {'postgresql': {'parameters': wanted}})

    def clear_while_running(self, status):
        """A Patroni that a reboot started on an incomplete copy reports that state for ever."""
        if status.get('state') in ('creating replica', 'initializing new cluster', 'running'):
            return
        half = os.path.isdir(f'{self.data_directory}/global') and not os.path.exists(
            f'{self.data_directory}/global/pg_control'
        )
        if half and self.service.is_enabled():
            self.service.systemctl('stop', 'patroni')
            shutil.rmtree(self.data_directory)
            self.service.systemctl('start', 'patroni')
            self.changed.append('clear')

    def postgres_is_up(self):
        """By what PostgreSQL itself last wrote, which costs nothing to look at."""
        lines = read(f'{self.data_directory}/postmaster.pid').splitlines()
        return bool(lines) and lines[-1].strip() in ('ready', 'standby')

    def runs(self, status):
        """Whether this node serves: as a primary, or as a replica that streams from one."""
        state = status.get('state')
        if state == 'running' and is_primary(status):
            return True
        if 'replication_state' in status:
            # Patroni reports `starting` until its next loop, while PostgreSQL streams already.
            return state in ('running', 'starting') and status['replication_state'] == 'streaming'
        # Patroni before 3.1 never reports it.
        return state == 'running' and self.patroni.sql('select status from pg_stat_wal_receiver') == ['streaming']

    def wait_until_running(self):
        """Returns the status of Patroni when this node runs; see `runs`."""
        seldom = Seldom(QUIET_SECONDS)
        state = 'no response'
        free = free_bytes()
        while True:
            if self.postgres_is_up() or seldom.is_due():
                status = self.patroni.status(self.name)
                if self.runs(status):
                    return status
                state = status.get('state', 'no response')
                self.clear_while_running(status)
            copied = max(free - free_bytes(), 0) if 'creat' in state else 0
            self.progress.saw((state, copied))
            self.lines.report(state=state, copied_bytes=copied)
            self.progress.check(f'{self.name} is {state}' + (', not streaming' if state == 'running' else ''))
            time.sleep(PAUSE_SECONDS)

    def settle(self):
        """On the leader: every replica streams, every etcd member is healthy, the configuration is final."""
        copied = 0
        others = [name for name in self.node.params['members'] if name != self.name]
        while True:
            lagging = self.patroni.wait_for_streams(others, QUIET_SECONDS)
            silent = self.etcd.silent_members() if not lagging else []
            found = self.patroni.configuration(self.name) if not lagging and not silent else None
            if found is not None:
                break
            if lagging:
                copied = self.patroni.copied_bytes()
            self.progress.saw((tuple(lagging), copied))
            self.lines.report(state=f'waiting for {", ".join([*lagging, *silent])}', copied_bytes=copied)
            if self.progress.is_over():
                reasons = [f'{name} is {self.patroni.describe(name)}' for name in lagging]
                reasons += [f'etcd on {name} does not respond' for name in silent]
                self.progress.check(', '.join(reasons) or f'{self.name} has no configuration')
            time.sleep(PAUSE_SECONDS)
        patched = self.patroni.configure(self.name, found, self.node.params['dynamic_configuration'])
        if patched:
            # Each applies it in its next loop, up to ten seconds later, unless it is woken.
            for name in others:
                self.patroni.wake(name)
        return patched


def run(node):
    member = Member(node)
    is_active = member.service.started() is not None
    parameters = member.place_files(is_active)
    if node.check_mode:
        return {'changed': bool(member.changed) or not is_active}
    member.call()
    member.start_guard()
    member.start(is_active)
    status = member.wait_until_running()
    if is_primary(status):
        if not is_active:
            member.shorten_later_copies()
        patched = member.settle()
        if patched is not None:
            member.changed.append('configuration')
            parameters = {**patched, **parameters}
    elif not is_active:
        member.be_seen()
    # Only now: a node that reboots while half made waits for the next run, which clears it.
    if member.service.enable():
        member.changed.append('enable')
    pending = bool(parameters and member.patroni.needs_restart(parameters))
    pending = pending or status.get('pending_restart', False)
    return {
        # Also for a restart that a killed run did not come to: the handler listens to a change.
        'changed': bool(member.changed) or pending,
        'changes': member.changed,
        'role': 'primary' if is_primary(status) else 'replica',
        'restart_due': pending,
    }
