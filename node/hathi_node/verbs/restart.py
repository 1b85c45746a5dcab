"""Restarts PostgreSQL where a parameter waits for it, one node at a time, in the given order.

Runs on one node and calls every member over Patroni's REST API. The caller decides the order, because it
depends on the values of all nodes (`core/postgres/restart-order.ts`); which member is the primary is
observed here, because a failover may have moved it.

Arguments: `members` (address by name), `order` (`replicas-first` or `primary-first`), `ca`,
`certificate`, `key` (paths), `timeout_seconds` (longest duration of one restart).
"""

import time

from hathi_node.https import Caller
from hathi_node.patroni import Patroni, is_primary
from hathi_node.problem import Problem
from hathi_node.waiting import Progress

PAUSE_SECONDS = 0.3
# A member reads the dynamic configuration in its next loop, and notes the pending restart then.
PENDING_SECONDS = 10
REPLICAS_FIRST = 'replicas-first'
ORDERS = (REPLICAS_FIRST, 'primary-first')


class Restart:
    def __init__(self, node, patroni):
        self.patroni = patroni
        self.seconds = node.params['timeout_seconds']
        self.order = node.params['order']
        if self.order not in ORDERS:
            raise Problem(f'the order of a restart is {" or ".join(ORDERS)}, not {self.order!r}')
        self.restarted = []

    def primary(self):
        for name in self.patroni.members:
            if is_primary(self.patroni.status(name)):
                return name
        raise Problem('no member is primary')

    def pending(self, names):
        return [name for name in names if self.patroni.status(name).get('pending_restart')]

    def restart(self, names):
        for name in self.pending(names):
            progress = Progress(self.seconds)
            # A restart that failed is pending no more, so later responses do not contain its reason.
            reason = None
            while True:
                status, response = self.patroni.request(
                    name, 'POST', '/restart', {'restart_pending': True}, seconds=self.seconds
                )
                if status == 200:
                    break
                reason = reason or response
                progress.check(f'{name} does not restart: {reason}', name)
                time.sleep(PAUSE_SECONDS)
            while self.patroni.status(name).get('state') != 'running':
                progress.check(f'{name} is {self.patroni.describe(name)} after its restart', name)
                time.sleep(PAUSE_SECONDS)
            self.restarted.append(name)

    def run(self):
        primary = self.primary()
        names = list(self.patroni.members)
        for name in names:
            self.patroni.wake(name)
        deadline = time.monotonic() + PENDING_SECONDS
        while len(self.pending(names)) < len(names) and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)
        replicas = [name for name in names if name != primary]
        if self.order == REPLICAS_FIRST:
            self.restart(replicas)
        self.restart([primary])
        # Those that a lowered value had to wait for: a replica keeps the old one until it has
        # replayed the record of the primary's.
        progress = Progress(self.seconds)
        while waiting := self.pending(replicas):
            written = self.patroni.status(primary).get('xlog', {}).get('location', 0)
            for name in waiting:
                while self.patroni.status(name).get('xlog', {}).get('replayed_location', -1) < written:
                    progress.check(f'{name} does not replay what {primary} wrote', name)
                    time.sleep(PAUSE_SECONDS)
                self.restart([name])
            progress.check(f'{", ".join(waiting)} still waits for a restart')
        while self.patroni.not_streaming(primary):
            progress.check(f'{", ".join(self.patroni.not_streaming(primary))} does not stream')
            time.sleep(PAUSE_SECONDS)


def run(node):
    params = node.params
    caller = Caller(params['ca'], params['certificate'], params['key'])
    restart = Restart(node, Patroni(node, caller, params['members']))
    restart.run()
    return {'changed': bool(restart.restarted), 'restarted': restart.restarted}
