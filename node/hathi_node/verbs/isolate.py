"""Drops the packets to an address, so that a machine that is proven to be down cannot take part when it starts.

The route is removed by `rejoin`, and by systemd after `seconds`, in case the server dies in between. Arguments:
`address`, `seconds`.
"""

from hathi_node.problem import Problem


def unit_of(address):
    return 'hathi-rejoin-' + address.replace('.', '-').replace(':', '-')


def run(node):
    address, seconds = node.params['address'], int(node.params['seconds'])
    unit = unit_of(address)
    node.run(['systemctl', 'stop', f'{unit}.timer'])
    # Before the route: a route without an end would be worse than none.
    timer = ['systemd-run', '--quiet', '--collect', f'--unit={unit}', f'--on-active={seconds}']
    status, _ = node.run([*timer, 'ip', 'route', 'del', 'unreachable', address])
    if status != 0:
        raise Problem('systemd-run failed')
    status, _ = node.run(['ip', 'route', 'replace', 'unreachable', address])
    if status != 0:
        raise Problem('ip route failed')
    return {'changed': True}
