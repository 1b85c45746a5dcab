"""Removes the route of `isolate`. Argument: `address`."""

from hathi_node.verbs.isolate import unit_of


def run(node):
    address = node.params['address']
    node.run(['ip', 'route', 'del', 'unreachable', address])
    node.run(['systemctl', 'stop', f'{unit_of(address)}.timer'])
    return {'changed': True}
