"""The removal of members of etcd, with an etcd that responds as the real one does."""

import unittest
from unittest import mock

from hathi_node.problem import Problem
from hathi_node.verbs import etcd_remove

ETCD = {'address': '10.0.0.1', 'port': 2379, 'ca': 'ca', 'certificate': 'c', 'key': 'k'}


class FakeEtcd:
    """Three members, of which some are not healthy. The first removals are refused during an election."""

    def __init__(self, silent=(), refusals=0):
        self.members = [
            {'ID': str(number), 'name': f'a-{number}', 'clientURLs': [f'https://10.0.0.{number}:2379']}
            for number in (1, 2, 3)
        ]
        self.silent = silent
        self.refusals = refusals

    def request(self, address, _port, method, path, body=None, seconds=3):
        if method == 'GET':
            return (0, 'timed out') if address in self.silent else (200, {'health': 'true'})
        if path.endswith('/remove'):
            if self.refusals > 0:
                self.refusals -= 1
                return 503, {'message': 'etcdserver: no leader'}
            self.members = [one for one in self.members if one['ID'] != body['ID']]
        return 200, {'members': list(self.members)}


class EtcdRemoveTest(unittest.TestCase):
    def remove(self, etcd, keep):
        params = {'etcd': ETCD, 'keep': keep, 'seconds': 2}
        with mock.patch.object(etcd_remove, 'Caller', return_value=etcd):
            return etcd_remove.run(mock.Mock(params=params))

    def test_members_leave_one_by_one_and_an_election_is_waited_for(self):
        etcd = FakeEtcd(refusals=2)
        result = self.remove(etcd, ['a-1'])
        self.assertEqual(result, {'changed': True, 'removed': ['a-2', 'a-3'], 'members': ['a-1']})

    def test_a_second_run_changes_nothing(self):
        etcd = FakeEtcd()
        self.remove(etcd, ['a-1'])
        self.assertEqual(self.remove(etcd, ['a-1']), {'changed': False, 'removed': [], 'members': ['a-1']})

    def test_nothing_is_removed_while_a_member_is_not_healthy(self):
        etcd = FakeEtcd(silent=['10.0.0.3'])
        with self.assertRaisesRegex(Problem, 'not healthy: a-3'):
            self.remove(etcd, ['a-1'])
        self.assertEqual(len(etcd.members), 3)

    def test_the_last_member_stays(self):
        with self.assertRaisesRegex(Problem, 'no member would stay'):
            self.remove(FakeEtcd(), ['b-1'])


if __name__ == '__main__':
    unittest.main()
