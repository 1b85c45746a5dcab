"""Lines of progress: one for each change, and the newest in a file."""

import io
import json
import os
import tempfile
import unittest
from contextlib import redirect_stdout
from unittest import mock

from hathi_node import progress


class ProgressLinesTest(unittest.TestCase):
    def setUp(self):
        self.file = os.path.join(tempfile.mkdtemp(), 'progress.json')

    def lines(self, *reports, interval=0.0):
        output = io.StringIO()
        with (
            mock.patch.object(progress, 'FILE', self.file),
            mock.patch.object(progress, 'INTERVAL_SECONDS', interval),
            redirect_stdout(output),
        ):
            lines = progress.ProgressLines()
            for report in reports:
                lines.report(**report)
        return [json.loads(line) for line in output.getvalue().splitlines()]

    def test_prints_each_change_once(self):
        one, two = {'state': 'starting'}, {'state': 'creating replica', 'copied_bytes': 5}
        self.assertEqual(self.lines(one, one, two), [{'progress': one}, {'progress': two}])

    def test_keeps_the_newest_line_for_another_connection(self):
        self.lines({'state': 'a'}, {'state': 'b'})
        with open(self.file) as handle:
            self.assertEqual(json.load(handle), {'progress': {'state': 'b'}})

    def test_prints_at_most_one_line_in_an_interval(self):
        self.assertEqual(len(self.lines({'state': 'a'}, {'state': 'b'}, interval=60.0)), 1)

    def test_forgets_the_line_of_an_earlier_verb(self):
        self.lines({'state': 'a'})
        with mock.patch.object(progress, 'FILE', self.file):
            progress.clear_progress()
            progress.clear_progress()
        self.assertFalse(os.path.exists(self.file))


if __name__ == '__main__':
    unittest.main()
