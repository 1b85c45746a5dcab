"""Brings changed parameters into a running PostgreSQL: through Patroni, and past it where PostgreSQL lets nobody in."""

import os
import time

from hathi_node.files import place_file
from hathi_node.postgres import as_patroni_writes

# Patroni takes 0.3 s once it is awake. A loaded machine takes longer, and nothing is lost by waiting.
LATE_SECONDS = 5
WAKE_SECONDS = 2
PAUSE_SECONDS = 0.1
# PostgreSQL reads its files again within milliseconds.
SETTLE_SECONDS = 0.5
# As Patroni's own sessions: no more than the limit that it sets itself.
PATRONI_SESSION = '-c statement_timeout=2000'


class Reload:
    """One reload. `names`: the parameters that changed, with those that are gone."""

    def __init__(self, node, service, patroni, names):
        self.node = node
        self.service = service
        self.patroni = patroni
        self.name = node.params['name']
        self.names = {name.lower() for name in names}
        self.is_past_patroni = False
        self.path = f'{node.params["data_directory"]}/postgresql.conf'

    def carry_out(self, postgres_is_up, progress):
        """@raises Problem where Patroni does not do it, so that the reload stays due."""
        self.send()
        # Patroni writes the files of a PostgreSQL that is down when it starts it.
        while postgres_is_up() and not self.is_done():
            if self.is_late():
                self.past_patroni()
                progress.saw(self.written_at())
            if progress.is_over():
                words = self.service.last_output()
                progress.check(f'Patroni on {self.name} does not reload its configuration ({words})')
            time.sleep(PAUSE_SECONDS)

    def send(self):
        """Patroni carries a reload out in its next loop, up to ten seconds later: so it is woken."""
        self.before = self.written_at()
        self.service.systemctl('reload', 'patroni')
        # Patroni reloads PostgreSQL for changed parameters only, not for a renewed certificate.
        self.patroni.reload_postgres(self.node.params['data_directory'])
        self.patroni.wake(self.name)
        self.late = time.monotonic() + LATE_SECONDS
        self.next_wake = time.monotonic() + WAKE_SECONDS

    def written_at(self):
        try:
            return os.stat(self.path).st_mtime_ns
        except FileNotFoundError:
            return 0

    def wanted(self):
        """The local parameters that changed, by name in lower case; one that is gone is absent."""
        import yaml

        content = self.node.file(self.node.params['configuration_file'])['content']
        parameters = yaml.safe_load(content)['postgresql']['parameters']
        return {name.lower(): (name, value) for name, value in parameters.items() if name.lower() in self.names}

    def lines(self):
        with open(self.path) as handle:
            return handle.read().splitlines()

    def of_changed(self, line):
        return line.partition('=')[0].strip().lower() in self.names

    def is_done(self):
        """Patroni wrote its file again (before Patroni 4 only if a parameter changed), or it is as wanted."""
        if self.written_at() != self.before:
            return True
        found = {line for line in self.lines() if self.of_changed(line)}
        wanted = {f'{name} = {as_patroni_writes(value)}' for name, value in self.wanted().values()}
        if not self.is_past_patroni and found == wanted:
            return True
        if time.monotonic() > self.next_wake:
            self.patroni.wake(self.name)
            self.next_wake = time.monotonic() + WAKE_SECONDS
        return False

    def is_late(self):
        """Patroni first reads the running values from PostgreSQL, and gives up if no login is possible."""
        if time.monotonic() < self.late:
            return False
        self.late = time.monotonic() + LATE_SECONDS
        words = ['runuser', '-u', 'postgres', '--', 'psql', '-XAtqc', 'select count(*) from pg_settings']
        code, _ = self.node.run(words, PGOPTIONS=PATRONI_SESSION, PGCONNECT_TIMEOUT='3')
        return code != 0

    def past_patroni(self):
        """Writes the changed values into PostgreSQL's file as Patroni would, then lets Patroni do the same."""
        kept = [line for line in self.lines() if not self.of_changed(line)]
        new = [f'{name} = {as_patroni_writes(value)}' for name, value in self.wanted().values()]
        place_file(self.node, self.path, '\n'.join([*kept, *new, '']), 'postgres', '0600')
        self.patroni.reload_postgres(self.node.params['data_directory'])
        self.is_past_patroni = True
        time.sleep(SETTLE_SECONDS)
        self.send()
