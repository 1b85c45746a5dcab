"""Files are written as a whole, with owner and mode, and only where they differ."""

import os
import pwd
import tempfile
import unittest
from unittest import mock

from hathi_node.files import place_file
from hathi_node.https import is_whole
from hathi_node.systemd import is_error

OWNER = pwd.getpwuid(os.getuid()).pw_name


class PlaceFileTest(unittest.TestCase):
    def setUp(self):
        self.path = os.path.join(tempfile.mkdtemp(), 'below', 'file')
        self.node = mock.Mock(check_mode=False)

    def place(self, content='text', mode='0600'):
        return place_file(self.node, self.path, content, OWNER, mode)

    def test_creates_the_file_and_its_directory(self):
        self.assertTrue(self.place())
        self.assertEqual(os.stat(self.path).st_mode & 0o7777, 0o600)
        with open(self.path) as handle:
            self.assertEqual(handle.read(), 'text')

    def test_changes_nothing_where_all_is_as_wanted(self):
        self.place()
        before = os.stat(self.path)
        self.assertFalse(self.place())
        self.assertEqual(os.stat(self.path).st_ino, before.st_ino)

    def test_replaces_the_file_for_another_content_or_mode(self):
        self.place()
        self.assertTrue(self.place('other'))
        self.assertTrue(self.place('other', '0644'))

    def test_survives_the_leftover_of_a_killed_run(self):
        self.place()
        with open(f'{self.path}.new', 'w') as handle:
            handle.write('half')
        self.assertTrue(self.place('other'))
        self.assertFalse(os.path.exists(f'{self.path}.new'))

    def test_reports_a_change_in_check_mode_without_making_it(self):
        self.node.check_mode = True
        self.assertTrue(self.place())
        self.assertFalse(os.path.exists(self.path))


class ResponseTest(unittest.TestCase):
    def test_ends_with_its_length(self):
        head = b'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n'
        self.assertFalse(is_whole(head + b'{'))
        self.assertTrue(is_whole(head + b'{}'))
        self.assertFalse(is_whole(b'HTTP/1.0 200 OK\r\n\r\n{}'))


class JournalTest(unittest.TestCase):
    def test_leaves_out_errors_of_clients(self):
        self.assertTrue(is_error('FATAL:  could not create any TCP/IP sockets'))
        self.assertFalse(is_error('FATAL:  the database system is starting up'))
        self.assertFalse(is_error('INFO: no action'))


if __name__ == '__main__':
    unittest.main()
