"""The order of a rolling restart, with members that answer as Patroni does."""

import unittest
from unittest import mock

from hathi_node.problem import Problem
from hathi_node.verbs import restart


class FakeCluster:
    """Three members; `a` is the primary. All wait for a restart."""

    def __init__(self, running, wanted, refusing=()):
        self.members = {'a': '10.0.0.1', 'b': '10.0.0.2', 'c': '10.0.0.3'}
        self.running = running
        self.wanted = wanted
        self.refusing = refusing
        self.waiting = set(self.members)
        self.order = []

    def status(self, name):
        return {
            'role': 'primary' if name == 'a' else 'replica',
            'state': 'running',
            'pending_restart': name in self.waiting,
            'xlog': {'location': 100, 'replayed_location': 100},
        }

    def wake(self, _name):
        pass

    def configuration(self, _name):
        return {'postgresql': {'parameters': self.wanted}}

    def sql(self, _statement):
        return [f'{name}={value}' for name, value in self.running.items()]

    def ask(self, name, _method, _path, _body=None, seconds=3):
        if name in self.refusing:
            return 503, 'restart failed'
        self.order.append(name)
        self.waiting.discard(name)
        return 200, ''

    def describe(self, _name):
        return 'running'

    def not_streaming(self, _leader):
        return []


def restart_all(cluster, seconds=5):
    node = mock.Mock(params={'timeout_seconds': seconds})
    with mock.patch.object(restart, 'PAUSE_SECONDS', 0.01), mock.patch.object(restart, 'PENDING_SECONDS', 0.05):
        one = restart.Restart(node, cluster)
        one.run()
    return one.restarted


class RestartOrderTest(unittest.TestCase):
    def test_restarts_replicas_before_the_primary_for_a_raised_value(self):
        cluster = FakeCluster({'max_connections': 100}, {'max_connections': '200'})
        self.assertEqual(restart_all(cluster), ['b', 'c', 'a'])

    def test_restarts_the_primary_first_for_a_lowered_value(self):
        cluster = FakeCluster({'max_connections': 200}, {'max_connections': '100'})
        self.assertEqual(restart_all(cluster), ['a', 'b', 'c'])

    def test_restarts_replicas_first_where_one_value_rises_and_one_falls(self):
        running = {'max_connections': 100, 'max_wal_senders': 20}
        cluster = FakeCluster(running, {'max_connections': '200', 'max_wal_senders': '10'})
        self.assertEqual(restart_all(cluster), ['b', 'c', 'a'])

    def test_restarts_no_member_without_a_pending_restart(self):
        cluster = FakeCluster({}, {'shared_buffers': '1GB'})
        cluster.waiting = {'c'}
        self.assertEqual(restart_all(cluster), ['c'])

    def test_stops_at_the_member_that_fails_and_names_it(self):
        cluster = FakeCluster({'max_connections': 100}, {'max_connections': '200'}, refusing=('b',))
        with self.assertRaisesRegex(Problem, 'b does not restart: restart failed') as caught:
            restart_all(cluster, seconds=0.1)
        self.assertEqual(caught.exception.node, 'b')
        self.assertEqual(cluster.order, [])


if __name__ == '__main__':
    unittest.main()
