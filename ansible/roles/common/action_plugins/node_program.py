"""Runs one of a role's own programs on the node: see docs/adr/0003-programs-instead-of-modules.md."""

from __future__ import annotations

import json
import re
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.template import trust_as_template

# The only words in argv; the program and its arguments, secrets among them, come by stdin.
LOADER = 'import json,sys; payload = json.load(sys.stdin); exec(payload["start"])'

# Each source becomes a module that the later ones can import: what is shared has names of its own, in
# alphabetical order, and the program is the last. An import hook would cost more than the program.
START = """
import types
shared = sorted(name for name in payload['sources'] if name.startswith('hathi_'))
for name in [*shared, payload['program']]:
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(payload['sources'][name], name + '.py', 'exec'), module.__dict__)
print(json.dumps(sys.modules['hathi_node'].start(payload)))
"""


IMPORTED = re.compile(r'^from (hathi_\w+) import', re.MULTILINE)


def needed(program, sources):
    """The program with what it imports of the roles' own: the rest would only be sent and compiled."""
    found, wanted = {}, [program]
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = sources[name]
            wanted += IMPORTED.findall(sources[name])
    # It starts every program.
    return {'hathi_node': sources['hathi_node'], **found}


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = True
    _supports_check_mode = True

    def _certificate(self, variables, directory, owner):
        """The node's own, copied for one service: its files, and their paths as the program's arguments."""
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

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        words = dict(self._task.args)
        program = words.pop('program', None)
        if not program or set(words) - {'arguments', 'certificate', 'templates'}:
            raise AnsibleActionFail('node_program takes program, arguments, certificate and templates')
        role = Path(self._task._role._role_path)
        sources = {
            path.stem: path.read_text()
            for folder in (role.parent / 'common/programs', role / 'programs')
            for path in sorted(folder.glob('*.py'))
        }
        files, paths = [], {}
        if words.get('certificate'):
            files, paths = self._certificate(task_vars, **words['certificate'])
        for template, file in (words.get('templates') or {}).items():
            files.append({**file, 'content': self._rendered(role, template)})
        payload = {
            'start': START,
            'sources': needed(program, sources),
            'program': program,
            'arguments': {**(words.get('arguments') or {}), **paths},
            'files': files,
            'check_mode': bool(self._task.check_mode),
        }
        answer = self._low_level_execute_command(
            f"/usr/bin/python3 -c '{LOADER}'", in_data=json.dumps(payload).encode()
        )
        lines = answer['stdout'].strip().splitlines()
        try:
            result.update(json.loads(lines[-1]))
        except (IndexError, ValueError):
            last = (answer['stderr'].strip().splitlines() or ['no output'])[-1]
            result['problem'] = f'{program} ended with {answer["rc"]}: {last}'
        if result.get('problem'):
            result.update(failed=True, msg=result['problem'])
        return result
