"""Requests a switchover from the Patroni of this node, and waits for Patroni's response.

Arguments: `patroni` with `address`, `port`, `ca`, `certificate`, `key`; `leader`: the current primary; `candidate`: the
next one, or None for the choice of Patroni; `seconds`: how long to wait. Patroni checks both, and responds when the
switchover has ended. It shuts the primary down in order, so no acknowledged row is lost.
"""

from hathi_node.https import Caller
from hathi_node.problem import Problem


def run(node):
    params = node.params
    patroni = params['patroni']
    caller = Caller(patroni['ca'], patroni['certificate'], patroni['key'])
    body = {'leader': params['leader']}
    if params['candidate'] is not None:
        body['candidate'] = params['candidate']
    status, response = caller.request(
        patroni['address'], patroni['port'], 'POST', '/switchover', body, seconds=params['seconds']
    )
    if status != 200:
        raise Problem(f'Patroni: {str(response).strip()}')
    return {'changed': True}
