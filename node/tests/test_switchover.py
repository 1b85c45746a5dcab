"""A switchover, with a Patroni that accepts or refuses it."""

import unittest
from unittest import mock

from hathi_node.problem import Problem
from hathi_node.verbs import switchover

PATRONI = {'address': '10.0.0.1', 'port': 8008, 'ca': 'ca', 'certificate': 'c', 'key': 'k'}


class SwitchoverTest(unittest.TestCase):
    def request(self, response, candidate=None):
        params = {'patroni': PATRONI, 'leader': 'a', 'candidate': candidate, 'seconds': 5}
        with mock.patch.object(switchover, 'Caller') as caller:
            caller.return_value.request.return_value = response
            result = switchover.run(mock.Mock(params=params))
            return result, caller.return_value.request.call_args

    def test_the_leader_is_named_so_that_another_one_is_never_demoted(self):
        result, call = self.request((200, 'Successfully switched over to "b"'))
        self.assertEqual(result, {'changed': True})
        self.assertEqual(call.args, ('10.0.0.1', 8008, 'POST', '/switchover', {'leader': 'a'}))
        self.assertEqual(call.kwargs, {'seconds': 5})

    def test_a_candidate_is_passed_on(self):
        _, call = self.request((200, ''), candidate='b')
        self.assertEqual(call.args[-1], {'leader': 'a', 'candidate': 'b'})

    def test_the_reason_of_a_refusal_is_kept(self):
        with self.assertRaisesRegex(Problem, 'Patroni: candidate name does not match'):
            self.request((412, 'candidate name does not match'))


if __name__ == '__main__':
    unittest.main()
