"""A rolling restart, with members that respond as Patroni does."""

import unittest
from unittest import mock

from hathi_node.problem import Problem
from hathi_node.verbs import restart


class FakeCluster:
    """Three members; `a` is the primary. All wait for a restart."""

    def __init__(self, refusing=()):
        self.members = {'a': '10.0.0.1', 'b': '10.0.0.2', 'c': '10.0.0.3'}
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

    def request(self, name, _method, _path, _body=None, seconds=3):
        if name in self.refusing:
            return 503, 'restart failed'
        self.order.append(name)
        self.waiting.discard(name)
        return 200, ''

    def describe(self, _name):
        return 'running'

    def not_streaming(self, _leader):
        return []


def restart_all(cluster, seconds=5, order='replicas-first'):
    node = mock.Mock(params={'timeout_seconds': seconds, 'order': order})
    with mock.patch.object(restart, 'PAUSE_SECONDS', 0.01), mock.patch.object(restart, 'PENDING_SECONDS', 0.05):
        one = restart.Restart(node, cluster)
        one.run()
    return one.restarted


class RestartTest(unittest.TestCase):
    def test_restarts_replicas_before_the_primary(self):
        self.assertEqual(restart_all(FakeCluster()), ['b', 'c', 'a'])

    def test_restarts_the_primary_first_if_the_caller_decided_so(self):
        self.assertEqual(restart_all(FakeCluster(), order='primary-first'), ['a', 'b', 'c'])

    def test_rejects_another_order_before_any_restart(self):
        cluster = FakeCluster()
        with self.assertRaisesRegex(Problem, "not 'random'"):
            restart_all(cluster, order='random')
        self.assertEqual(cluster.order, [])

    def test_restarts_no_member_without_a_pending_restart(self):
        cluster = FakeCluster()
        cluster.waiting = {'c'}
        self.assertEqual(restart_all(cluster), ['c'])

    def test_stops_at_the_member_that_fails_and_names_it(self):
        cluster = FakeCluster(refusing=('b',))
        with self.assertRaisesRegex(Problem, 'b does not restart: restart failed') as caught:
            restart_all(cluster, seconds=0.1)
        self.assertEqual(caught.exception.node, 'b')
        self.assertEqual(cluster.order, [])


if __name__ == '__main__':
    unittest.main()
