"""Fails with the problem that another node found on this one, and adds the end of this node's log.

Arguments: `problem`.
"""

from hathi_node.problem import Problem

UNIT = 'patroni'


def run(node):
    raise Problem(node.params['problem'])
