"""Runs one verb."""

from hathi_node.node import Node
from hathi_node.problem import explain
from hathi_node.progress import clear_progress
from hathi_node.systemd import Service


def start(request):
    """The result of the verb, or the reason for which it has none as `problem`.

    `request`: `verb` (e.g. `etcd-join`), `arguments` (by name), `files` (each with `path`, `content`,
    `owner` and `mode`), `check_mode` (whether to change nothing).
    """
    verb = __import__('hathi_node.verbs.' + request['verb'].replace('-', '_'), fromlist=['run'])
    clear_progress()
    try:
        return verb.run(Node(request))
    except Exception as error:
        unit = getattr(verb, 'UNIT', None)
        words = f' ({Service(Node(request), unit).last_output()})' if unit else ''
        problem = {'changed': True, 'problem': f'{explain(error)}{words}'}
        node = getattr(error, 'node', None)
        return {**problem, 'problem_node': node} if node else problem
