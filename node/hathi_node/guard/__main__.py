"""`python3 -m hathi_node.guard` on a node, started by systemd with the FIFO as its first descriptor.

Reads `/etc/hathi/guard.json`: `data_directory`; `patroni` with `address`, `port`, `ca`, `certificate`, `key`;
`restart_after_seconds`, the longest regular silence of Patroni (`loop_wait + retry_timeout`) and a reserve.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time

from hathi_node.guard.clockwork import FENCED, Clockwork
from hathi_node.guard.keepalives import Keepalives
from hathi_node.guard.postmaster import Postmaster
from hathi_node.https import Caller

CONFIGURATION_FILE = '/etc/hathi/guard.json'
STATE_FILE = '/run/hathi/guard.json'
# The first descriptor that systemd passes.
FIFO = 3
READ_BYTES = 65536
# PostgreSQL is looked for this often, because a new postmaster gives no signal.
LOOK_SECONDS = 1.0
KILL_PATRONI = ['systemctl', 'kill', '--kill-whom=main', '--signal=KILL', 'patroni']


def log(text):
    print(text, file=sys.stderr, flush=True)


def now():
    """Also counts the time during which the machine is suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Guard:
    def __init__(self, configuration, fifo=FIFO, state_file=STATE_FILE):
        self.configuration = configuration
        self.fifo = fifo
        self.state_file = state_file
        self.clockwork = Clockwork(configuration['restart_after_seconds'])
        self.keepalives = Keepalives()
        self.postmaster = Postmaster(configuration['data_directory'])
        # pidfd of the postmaster.
        self.watched: int | None = None
        self.poll = select.poll()
        self.poll.register(fifo, select.POLLIN)
        self.saved = None
        self.children = []

    # State

    def load(self):
        try:
            with open(self.state_file) as handle:
                self.clockwork.load(handle.read())
        except FileNotFoundError:
            pass

    def save(self):
        text = self.clockwork.save()
        if text == self.saved:
            return
        # Without space in /run the guard continues, and only its next run lacks the state.
        with contextlib.suppress(OSError):
            with open(f'{self.state_file}.new', 'w') as handle:
                handle.write(text)
            os.rename(f'{self.state_file}.new', self.state_file)
            self.saved = text

    # Actions

    def fence(self, reason, is_late):
        """Stops PostgreSQL, and keeps stopping it until nothing of it runs."""
        # Before everything else: after a machine was frozen, each millisecond can acknowledge a row.
        if is_late and self.watched is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.watched, signal.SIGQUIT)
        self.clockwork.fence()
        self.save()
        log(f'stopping PostgreSQL: {reason}')
        began = time.monotonic()
        killed = self.postmaster.stop(is_late)
        log(f'PostgreSQL stopped after {time.monotonic() - began:.2f} s, {killed} processes by SIGKILL')
        # It still hangs, or it believes that it holds the lease. A new one brings the node back as a replica.
        self.kill_patroni()

    def restart_patroni(self):
        self.clockwork.note_restart()
        log(f'no keepalive for {self.clockwork.restart_after} s: killing Patroni, so that systemd restarts it')
        self.kill_patroni()

    def kill_patroni(self):
        """systemd starts a killed Patroni again. A regular stop would stop PostgreSQL, too."""
        # Not waited for: the guard must not depend on the response of systemd, nor on a free process slot.
        with contextlib.suppress(OSError):
            self.children.append(subprocess.Popen(KILL_PATRONI, stdin=subprocess.DEVNULL))

    def wake_patroni(self):
        """Patroni restarts a dead PostgreSQL in its next loop; a change of its configuration starts one.

        A PATCH with the present ttl changes nothing. An empty one does not wake Patroni.
        """

        def wake():
            settings = self.configuration['patroni']
            caller = Caller(settings['ca'], settings['certificate'], settings['key'])
            status, found = caller.request(settings['address'], settings['port'], 'GET', '/config')
            if status == 200 and isinstance(found, dict) and 'ttl' in found:
                body = {'ttl': found['ttl']}
                status, _ = caller.request(settings['address'], settings['port'], 'PATCH', '/config', body)
            log(f'PostgreSQL ended: woke Patroni (status {status})')

        threading.Thread(target=wake, daemon=True).start()

    # Events

    def read(self, since):
        """`since`: a time at which the FIFO was empty. The guard can have been delayed after it."""
        try:
            data = os.read(self.fifo, READ_BYTES)
        except BlockingIOError:
            return
        for message, value in self.keepalives.feed(data):
            self.clockwork.receive(message, value, since)

    def look_for_postmaster(self):
        """Watches a new postmaster, and stops one that is a primary without a lease."""
        found = self.postmaster.find()
        if found is None:
            return
        if self.watched is None:
            try:
                self.watched = os.pidfd_open(found.pid)
            except ProcessLookupError:
                return
            self.poll.register(self.watched, select.POLLIN)
        if self.clockwork.state == FENCED and not self.postmaster.is_replica():
            reason = 'it started as a primary, and Patroni has not confirmed its lease again'
            self.fence(reason, is_late=True)

    def forget_postmaster(self, watched):
        self.poll.unregister(watched)
        os.close(watched)
        self.watched = None
        if self.clockwork.state != FENCED:
            self.wake_patroni()

    def step(self):
        """Waits for the next event or limit, and acts."""
        since = now()
        left = self.clockwork.seconds_to_next(since)
        seconds = LOOK_SECONDS if left is None else min(left, LOOK_SECONDS)
        events = dict(self.poll.poll(seconds * 1_000 + 1))
        # Before the FIFO is read, see Clockwork.expired.
        if self.clockwork.expired(now()):
            reason = f'Patroni has not confirmed its lease for {self.clockwork.timeout} s'
            self.fence(reason, self.clockwork.is_late(now()))
        if self.fifo in events:
            self.read(since)
        if self.watched is not None and self.watched in events:
            self.forget_postmaster(self.watched)
        if self.clockwork.restart_is_due(now()):
            self.restart_patroni()
        self.look_for_postmaster()
        self.children = [child for child in self.children if child.poll() is None]
        self.save()


def main():
    with open(CONFIGURATION_FILE) as handle:
        guard = Guard(json.load(handle))
    os.set_blocking(FIFO, False)
    with contextlib.suppress(PermissionError):
        # Containers do not allow it.
        os.setpriority(os.PRIO_PROCESS, 0, -20)
    guard.load()
    log(f'guarding {guard.postmaster.data_directory}, {guard.clockwork.state}')
    while True:
        guard.step()


if __name__ == '__main__':
    main()
