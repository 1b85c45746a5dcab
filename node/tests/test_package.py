"""The package as the action plugin sends it: every module after those that it imports."""

import importlib.util
import io
import json
import re
import subprocess
import sys
import tempfile
import unittest
from contextlib import redirect_stdout
from pathlib import Path
from unittest import mock

NODE = Path(__file__).parent.parent
PLUGIN = NODE.parent / 'ansible/roles/common/action_plugins/node_verb.py'
VERBS = sorted(path.stem.replace('_', '-') for path in (NODE / 'hathi_node/verbs').glob('[a-z]*.py'))


def load_plugin():
    spec = importlib.util.spec_from_file_location('node_verb', PLUGIN)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class SentPackageTest(unittest.TestCase):
    def setUp(self):
        self.plugin = load_plugin()

    def modules_of(self, verb):
        verb_module = 'hathi_node.verbs.' + verb.replace('-', '_')
        return self.plugin.modules_of(NODE, 'hathi_node.dispatch', verb_module)

    def test_finds_every_verb(self):
        self.assertEqual(
            VERBS,
            [
                'etcd-join',
                'etcd-remove',
                'isolate',
                'leader-lease',
                'patroni-member',
                'rejoin',
                'report',
                'restart',
                'switchover',
                'try-configuration',
            ],
        )

    def test_orders_modules_by_their_imports(self):
        for verb in VERBS:
            names = []
            for name, source in self.modules_of(verb):
                for imported in re.findall(r'^(?:from|import) (hathi_node[.\w]*)', source, re.MULTILINE):
                    self.assertIn(imported, names, f'{name} of {verb}')
                names.append(name)
            self.assertEqual(names[-1], 'hathi_node.verbs.' + verb.replace('-', '_'))

    def test_sends_no_module_that_the_verb_does_not_import(self):
        names = [name for name, _ in self.modules_of('report')]
        self.assertNotIn('hathi_node.scratch', names)
        self.assertNotIn('hathi_node.etcd', names)

    def test_runs_from_the_request_alone(self):
        payload = {
            'start': self.plugin.START,
            'modules': self.modules_of('report'),
            'verb': 'report',
            'arguments': {'problem': 'no space left'},
            'files': [],
            'check_mode': False,
        }
        known = {name: module for name, module in sys.modules.items() if not name.startswith('hathi_node')}
        output = io.StringIO()
        with (
            mock.patch.dict(sys.modules, known, clear=True),
            mock.patch('sys.stdin', io.StringIO(json.dumps(payload))),
            mock.patch('subprocess.run', return_value=mock.Mock(returncode=0, stdout=b'')),
            redirect_stdout(output),
        ):
            exec(self.plugin.LOADER, {})
        result = json.loads(output.getvalue())
        self.assertEqual((result['changed'], result['problem']), (True, 'no space left ()'))

    def test_installs_a_program_that_runs_without_the_rest_of_the_package(self):
        with tempfile.TemporaryDirectory() as directory:
            for file in self.plugin.program_files(NODE, 'hathi_node.guard.__main__', directory):
                path = Path(file['path'])
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(file['content'])
                self.assertEqual((file['owner'], file['mode']), ('root', '0644'))
            self.assertFalse(Path(directory, 'hathi_node/verbs').exists())
            done = subprocess.run(
                [sys.executable, '-B', '-c', 'import hathi_node.guard.__main__'],
                cwd=directory,
                env={'PYTHONPATH': directory},
                capture_output=True,
                text=True,
            )
            self.assertEqual((done.returncode, done.stderr), (0, ''))


if __name__ == '__main__':
    unittest.main()
