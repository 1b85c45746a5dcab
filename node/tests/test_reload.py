"""The reload of a node, with a Patroni and a PostgreSQL that behave as each case requires."""

import os
import tempfile
import unittest
from unittest import mock

from hathi_node import reload
from hathi_node.problem import Problem
from hathi_node.waiting import Progress

OLD, NEW = "work_mem = '4MB'", "work_mem = '6MB'"


class FakeNode:
    """A node in a temporary directory. `case`: works, locked, stuck or down."""

    def __init__(self, case):
        self.case = case
        self.calls = []
        self.directory = tempfile.mkdtemp()
        self.path = f'{self.directory}/postgresql.conf'
        self.params = {'name': 'a-1', 'data_directory': self.directory, 'configuration_file': 'c'}
        self.write(f"port = '5432'\n{OLD}\ngone = 'x'\n")

    def write(self, text):
        with open(self.path, 'w') as handle:
            handle.write(text)
        # Two writes within one tick of the clock must differ.
        os.utime(self.path, ns=(0, os.stat(self.path).st_mtime_ns + 1))

    def text(self):
        with open(self.path) as handle:
            return handle.read()

    def accepts_logins(self):
        return self.case != 'locked' or NEW in self.text()

    def file(self, _path):
        return {'content': 'postgresql: {parameters: {work_mem: 6MB, port: "5432"}}'}

    def run(self, _words, **_environment):
        self.calls.append('login')
        return (0 if self.accepts_logins() else 1), ''


class FakeService:
    def __init__(self, node):
        self.node = node

    def systemctl(self, *words):
        self.node.calls.append(' '.join(words))

    def last_output(self):
        return 'its log'


class FakePatroni:
    def __init__(self, node):
        self.node = node

    def reload_postgres(self, _data_directory):
        self.node.calls.append('reload postgres')

    def wake(self, _name):
        self.node.calls.append('wake')
        if self.node.case != 'stuck' and self.node.accepts_logins():
            self.node.write(f"port = '5432'\n{NEW}\n")


def place(node, _path, content, _owner, _mode):
    node.calls.append('write')
    node.write(content)


class ReloadTest(unittest.TestCase):
    def carry_out(self, case):
        node = FakeNode(case)
        one = reload.Reload(node, FakeService(node), FakePatroni(node), ['work_mem', 'gone'])
        with (
            mock.patch.object(reload, 'place_file', place),
            mock.patch.object(reload, 'LATE_SECONDS', 0.2),
            mock.patch.object(reload, 'WAKE_SECONDS', 0.2),
        ):
            one.carry_out(lambda: case != 'down', Progress(0.5))
        return node

    def test_wakes_patroni_which_would_wait_for_its_next_loop_otherwise(self):
        self.assertEqual(self.carry_out('works').calls, ['reload patroni', 'reload postgres', 'wake'])

    def test_writes_the_values_where_postgresql_rejects_connections(self):
        node = self.carry_out('locked')
        self.assertEqual(
            node.calls[node.calls.index('login') :],
            ['login', 'write', 'reload postgres', 'reload patroni', 'reload postgres', 'wake'],
        )
        self.assertEqual(node.text(), "port = '5432'\nwork_mem = '6MB'\n")

    def test_fails_where_patroni_does_not_reload_so_that_the_reload_stays_due(self):
        with self.assertRaisesRegex(Problem, r'^Patroni on a-1 does not reload its configuration \(its log\)'):
            self.carry_out('stuck')

    def test_does_not_wait_for_a_postgresql_that_is_down(self):
        self.assertIn('reload patroni', self.carry_out('down').calls)


if __name__ == '__main__':
    unittest.main()
