"""Runs a verb of the package `node/` on the node: see docs/adr/0003-programs-instead-of-modules.md."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.template import trust_as_template
from ansible.utils.display import Display

# The only words in argv; the package and the request, with its secrets, come by stdin.
LOADER = 'import json,sys; payload = json.load(sys.stdin); exec(payload["start"])'

# Creates each module before those that import it. An import hook would cost more than the verb.
START = """
import types
for name, source in payload['modules']:
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = []
    exec(compile(source, name.replace('.', '/') + '.py', 'exec'), module.__dict__)
print(json.dumps(sys.modules['hathi_node.dispatch'].start(payload)))
"""

# As node/hathi_node/progress.py writes it.
READ_PROGRESS = 'cat /run/hathi-progress.json 2>/dev/null || true'
WATCH_SECONDS = 10

IMPORTED = re.compile(r'^(?:from|import) (hathi_node[.\w]*)', re.MULTILINE)


def package_folder(role):
    """Beside the roles in a workspace, and beside `ansible/` in the repository."""
    ansible = role.parent.parent
    return next(folder for folder in (ansible / 'node', ansible.parent / 'node') if folder.is_dir())


def modules_of(folder, *wanted):
    """[name, source] of these modules and of all that they import, each after its own imports."""
    ordered = {}

    def add(name):
        if name in ordered:
            return
        path = folder.joinpath(*name.split('.'))
        file = path / '__init__.py' if path.is_dir() else path.with_suffix('.py')
        source = file.read_text()
        parent = name.rpartition('.')[0]
        for imported in [*([parent] if parent else []), *IMPORTED.findall(source)]:
            add(imported)
        ordered[name] = source

    for name in wanted:
        add(name)
    return list(ordered.items())


def program_files(folder, module, directory):
    """The files of a program of the package and of all that it imports, to be installed in a directory."""
    files = []
    for name, content in modules_of(folder, module):
        path = folder.joinpath(*name.split('.'))
        file = path / '__init__.py' if path.is_dir() else path.with_suffix('.py')
        target = f'{directory}/{file.relative_to(folder)}'
        files.append({'path': target, 'content': content, 'owner': 'root', 'mode': '0644'})
    return files


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = True
    _supports_check_mode = True

    def _certificate(self, variables, directory, owner):
        """The node's own, copied for one service: its files, and their paths as the verb's arguments."""
        here = Path(self._loader.path_dwim(self._templar.template(variables['pki_directory'])))
        host = variables['inventory_hostname']
        files, paths = [], {}
        for argument, name, source, mode in (
            ('ca', 'ca.crt', 'ca.crt', '0644'),
            ('certificate', 'node.crt', f'{host}.crt', '0644'),
            ('key', 'node.key', f'{host}.key', '0600'),
        ):
            paths[argument] = f'{directory}/{name}'
            content = (here / source).read_text()
            files.append({'path': paths[argument], 'content': content, 'owner': owner, 'mode': mode})
        return files, paths

    def _rendered(self, role, template):
        """Ansible's lookup of that name does the same at several times the cost: it copies every variable."""
        return self._templar.template(
            trust_as_template((role / 'templates' / template).read_text()),
            escape_backslashes=False,
            overrides={'trim_blocks': True},
        )

    @contextlib.contextmanager
    def _watching(self, variables, verb):
        """While the command runs, prints its progress as lines of events.

        A connection returns the output of a command at its end. So the newest line is read over the same
        shared connection, and only for a verb that takes long.
        """
        ended = threading.Event()
        fields = {'event': 'progress', 'host': variables['inventory_hostname'], 'verb': verb}

        def watch():
            last = None
            while not ended.wait(WATCH_SECONDS):
                line = self._low_level_execute_command(READ_PROGRESS)['stdout'].strip()
                if not line or line == last or ended.is_set():
                    continue
                last = line
                with contextlib.suppress(ValueError):
                    Display().display(json.dumps({**fields, **json.loads(line)}))

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join(WATCH_SECONDS)

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        words = dict(self._task.args)
        verb = words.pop('verb', None)
        if not verb or set(words) - {'arguments', 'certificate', 'programs', 'templates'}:
            raise AnsibleActionFail('node_verb takes verb, arguments, certificate, programs and templates')
        role = Path(self._task._role._role_path)
        files, paths = [], {}
        if words.get('certificate'):
            files, paths = self._certificate(task_vars, **words['certificate'])
        for template, file in (words.get('templates') or {}).items():
            files.append({**file, 'content': self._rendered(role, template)})
        package = package_folder(role)
        for module, directory in (words.get('programs') or {}).items():
            files += program_files(package, module, directory)
        verb_module = 'hathi_node.verbs.' + verb.replace('-', '_')
        payload = {
            'start': START,
            'modules': modules_of(package, 'hathi_node.dispatch', verb_module),
            'verb': verb,
            'arguments': {**(words.get('arguments') or {}), **paths},
            'files': files,
            'check_mode': bool(self._task.check_mode),
        }
        with self._watching(task_vars, verb):
            answer = self._low_level_execute_command(
                f"/usr/bin/python3 -c '{LOADER}'", in_data=json.dumps(payload).encode()
            )
        lines = answer['stdout'].strip().splitlines()
        try:
            result.update(json.loads(lines[-1]))
        except (IndexError, ValueError):
            last = (answer['stderr'].strip().splitlines() or ['no output'])[-1]
            result['problem'] = f'{verb} ended with {answer["rc"]}: {last}'
        if result.get('problem'):
            result.update(failed=True, msg=result['problem'])
        return result
