"""Units of systemd, their journal, and the work that a killed run left for them."""

import glob
import os

RUN_DIRECTORY = '/run'

# Older errors had another cause.
JOURNAL_SINCE = '-2min'
JOURNAL_LINES = '80'
ERROR_WORDS = ('FATAL:', 'PANIC:', 'ERROR:', 'CRITICAL:')
# What PostgreSQL replies to a client that comes too early.
CLIENT_ERRORS = ('is starting up', 'is shutting down', 'not yet accepting connections')


class Service:
    """One systemd unit, and what it is still due after a run that was killed."""

    def __init__(self, node, unit):
        self.node = node
        self.unit = unit
        self.has_failed = False
        # In /run: a reboot does what was due.
        self.due_file = f'{RUN_DIRECTORY}/hathi-{unit}-due'

    def systemctl(self, *words):
        # A script of the same name in /etc/init.d does not belong to Hathi, and reading it costs 0.3 s.
        return self.node.run(['systemctl', *words], SYSTEMCTL_SKIP_SYSV='1')

    def started(self):
        """Unix seconds since when the unit runs, or nothing when it does not."""
        _, out = self.systemctl('show', '--timestamp=unix', '--property=ActiveState,ExecMainStartTimestamp', self.unit)
        found = dict(line.partition('=')[::2] for line in out.splitlines())
        self.has_failed = found.get('ActiveState') == 'failed'
        if found.get('ActiveState') not in ('active', 'reloading', 'activating'):
            return None
        return int(found.get('ExecMainStartTimestamp', '').lstrip('@') or 0)

    def start(self, *words):
        if self.has_failed:
            # Else systemd may refuse a unit that failed too often.
            self.systemctl('reset-failed', self.unit)
        self.systemctl('start', *words, self.unit)

    def is_enabled(self):
        # A look at the link costs nothing, `systemctl is-enabled` a process.
        return bool(glob.glob(f'/etc/systemd/system/*.wants/{self.unit}.service'))

    def enable(self):
        """Returns whether it was not enabled."""
        if self.is_enabled():
            return False
        if not self.node.check_mode:
            # A reload of every unit is not needed for a link, and costs more than the rest.
            self.systemctl('enable', '--no-reload', '--quiet', f'{self.unit}.service')
        return True

    def note_due(self, what):
        with open(self.due_file, 'w') as handle:
            handle.write(what)

    def due(self):
        """`reload`, `restart`, or nothing: noted before the files changed."""
        try:
            with open(self.due_file) as handle:
                return handle.read()
        except FileNotFoundError:
            return ''

    def clear_due(self):
        if os.path.exists(self.due_file):
            os.unlink(self.due_file)

    def last_output(self, lines=3):
        """The newest errors in the journal, or its end where it has none, for the reason of a failure."""
        words = ['journalctl', '--unit', self.unit, '--lines', JOURNAL_LINES, '--since', JOURNAL_SINCE]
        _, out = self.node.run([*words, '--output', 'cat', '--no-pager'])
        found = out.splitlines()
        errors = [line for line in found if is_error(line)]
        return ' | '.join((errors or found)[-lines:])[-600:]


def is_error(line):
    """Whether a line of a journal is an error of the service or of PostgreSQL, and not of its clients."""
    return any(word in line for word in ERROR_WORDS) and not any(word in line for word in CLIENT_ERRORS)
