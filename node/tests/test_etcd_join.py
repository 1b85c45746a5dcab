"""How a node starts its member of etcd, for each state that an earlier run can leave."""

import tempfile
import unittest
from unittest import mock

from hathi_node.problem import Problem
from hathi_node.verbs import etcd_join

ADDRESSES = {'a': '10.0.0.1', 'b': '10.0.0.2', 'c': '10.0.0.3'}


def member_of(name, started=True):
    return {
        'ID': f'id-{name}',
        'name': name if started else '',
        'peerURLs': [etcd_join.peer_url(ADDRESSES[name])],
        'clientURLs': ['https://x'] if started else [],
    }


class FakeEtcd:
    """`listed`: the members that a quorum names; None without a quorum."""

    def __init__(self, listed):
        self.listed = listed
        self.requests = []

    def request(self, path, body, others_than=None):
        self.requests.append((path.rpartition('/')[2], body))
        if self.listed is None:
            return 0, 'no quorum'
        if path.endswith('/remove'):
            self.listed = [one for one in self.listed if one['ID'] != body['ID']]
        if path.endswith('/add'):
            self.listed = [*self.listed, {**member_of('a', started=False), 'peerURLs': body['peerURLs']}]
        return 200, {'members': self.listed}


def member_a(etcd, seen, seconds=5.0):
    params = {
        'name': 'a',
        'members': ADDRESSES,
        'seen': seen,
        'data_directory': tempfile.mkdtemp(),
        'timeout_seconds': seconds,
    }
    member = etcd_join.Member(mock.Mock(params=params), caller=None)
    member.etcd = etcd
    return member


class FakeCaller:
    def __init__(self, health):
        self.health = health

    def request(self, address, port, method, path, *_rest, **_more):
        assert (address, port, method, path) == (ADDRESSES['a'], 2379, 'GET', '/health')
        return self.health, ''


class RemovedTest(unittest.TestCase):
    def was_removed(self, listed, health=0):
        member = member_a(FakeEtcd(listed), ['etcd data'])
        member.caller = FakeCaller(health)
        return member.was_removed()

    def test_a_member_that_the_others_do_not_list_was_removed(self):
        self.assertTrue(self.was_removed([member_of('b'), member_of('c')]))

    def test_a_member_that_only_does_not_run_was_not(self):
        self.assertFalse(self.was_removed([member_of('a'), member_of('b'), member_of('c')]))

    def test_without_a_quorum_nothing_is_known(self):
        self.assertFalse(self.was_removed(None))

    def test_a_healthy_member_is_never_removed(self):
        self.assertFalse(self.was_removed([member_of('b'), member_of('c')], health=200))


class JoinTest(unittest.TestCase):
    def test_starts_a_new_cluster_where_no_node_has_data(self):
        state, cluster = member_a(FakeEtcd(None), []).join()
        self.assertEqual(state, 'new')
        self.assertEqual(cluster, 'a=https://10.0.0.1:2380,b=https://10.0.0.2:2380,c=https://10.0.0.3:2380')

    def test_is_added_as_a_learner_to_an_existing_cluster(self):
        etcd = FakeEtcd([member_of('b'), member_of('c')])
        state, cluster = member_a(etcd, ['etcd data', 'postgres data']).join()
        self.assertEqual(state, 'existing')
        self.assertIn('a=https://10.0.0.1:2380', cluster)
        self.assertEqual([name for name, _ in etcd.requests], ['list', 'add'])
        self.assertTrue(etcd.requests[1][1]['isLearner'])

    def test_replaces_a_member_whose_disk_is_gone(self):
        etcd = FakeEtcd([member_of('a'), member_of('b'), member_of('c')])
        member_a(etcd, ['etcd data', 'postgres data']).join()
        self.assertEqual([name for name, _ in etcd.requests], ['list', 'remove', 'add'])
        self.assertEqual(etcd.requests[1][1], {'ID': 'id-a'})

    def test_starts_a_member_that_was_added_and_never_started(self):
        etcd = FakeEtcd([member_of('a', started=False), member_of('b'), member_of('c')])
        state, _ = member_a(etcd, ['etcd data', 'postgres data']).join()
        self.assertEqual(state, 'existing')
        self.assertEqual([name for name, _ in etcd.requests], ['list'])

    def test_never_replaces_a_cluster_with_data_of_postgresql(self):
        with mock.patch.object(etcd_join, 'REBUILD_AFTER_SECONDS', 0), self.assertRaises(Problem):
            member_a(FakeEtcd(None), ['etcd data', 'postgres data'], seconds=0.3).join()

    def test_replaces_an_etcd_without_a_quorum_that_holds_nothing(self):
        with mock.patch.object(etcd_join, 'REBUILD_AFTER_SECONDS', 0):
            state, _ = member_a(FakeEtcd(None), ['etcd data']).join()
        self.assertEqual(state, 'new')


if __name__ == '__main__':
    unittest.main()
