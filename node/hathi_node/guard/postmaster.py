"""The processes of the PostgreSQL instance of this node."""

import contextlib
import os
import signal
import time

# A fast shutdown sends all WAL to the replicas, so no acknowledged row is lost. Both steps together take less time
# than the safety margin of the lease.
FAST_SECONDS = 2.0
# PostgreSQL ends within about a second after SIGQUIT; its processes are killed if it does not.
QUIT_SECONDS = 1.5
PAUSE_SECONDS = 0.02


class Process:
    """A process by its pid and its start, so that a reused pid is another process."""

    def __init__(self, pid, parent, started):
        self.pid = pid
        self.parent = parent
        self.started = started

    def lives(self):
        found = read_process(self.pid)
        return found is not None and found.started == self.started


def read_process(pid):
    """A living process of PostgreSQL, or None. Root in a container may not read its working directory."""
    try:
        with open(f'/proc/{pid}/stat') as handle:
            name, _, fields = handle.read().rpartition(') ')
    except OSError:
        return None
    state, parent, *others = fields.split()
    if not name.endswith('(postgres') or state == 'Z':
        return None
    # Field 22 of the line, in clock ticks since the boot.
    return Process(pid, int(parent), int(others[17]))


def arguments(pid):
    try:
        with open(f'/proc/{pid}/cmdline') as handle:
            return handle.read().split('\0')
    except OSError:
        return []


class Postmaster:
    def __init__(self, data_directory):
        self.data_directory = data_directory

    def find(self):
        """The running postmaster, or None.

        A pid file can be older than the process of that pid. A single-user PostgreSQL has one, too: Patroni
        runs it for crash recovery before pg_rewind, and it has no clients.
        """
        try:
            with open(f'{self.data_directory}/postmaster.pid') as handle:
                pid = int(handle.readline())
        except (OSError, ValueError):
            return None
        words = arguments(pid)
        if self.data_directory not in words or '--single' in words:
            return None
        return read_process(pid)

    def is_replica(self):
        """PostgreSQL removes the file when it is promoted."""
        return os.path.exists(f'{self.data_directory}/standby.signal')

    def family(self, postmaster):
        """The postmaster and its backends; without one, the backends that an earlier one has left."""
        everything = [read_process(int(name)) for name in os.listdir('/proc') if name.isdigit()]
        running = [process for process in everything if process is not None]
        if postmaster is not None:
            return [process for process in running if postmaster.pid in (process.pid, process.parent)]
        # Every postmaster has its data directory as an argument, and no backend has.
        return [process for process in running if process.parent == 1 and '-D' not in arguments(process.pid)]

    def stop(self, is_late=False):
        """Stops all processes of the instance, also stopped ones. Returns how many needed SIGKILL.

        `is_late`: without a fast shutdown first, because the lease can have expired. SIGKILL of the postmaster
        alone is not enough: in a test a backend committed for 4.6 s more.
        """
        postmaster = self.find()
        family = self.family(postmaster)
        steps = [(signal.SIGQUIT, QUIT_SECONDS)]
        for number, seconds in steps if is_late else [(signal.SIGINT, FAST_SECONDS), *steps]:
            if postmaster is not None:
                send(postmaster, number)
                # A stopped process takes the signal only when it continues.
                send(postmaster, signal.SIGCONT)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and any(process.lives() for process in family):
                time.sleep(PAUSE_SECONDS)
        killed = set()
        while left := [process for process in [*family, *self.family(None)] if process.lives()]:
            for process in left:
                send(process, signal.SIGKILL)
                killed.add(process.pid)
            time.sleep(PAUSE_SECONDS)
        return len(killed)


def send(process, number):
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, number)
