"""Reads the leader key of Patroni in etcd, and revokes its lease on request.

Arguments: `scope`; `etcd` with `address`, `port`, `ca`, `certificate`, `key`; `revoke`: the leader and the lease
that an earlier call returned, or None to read only. The lease is revoked, and the key is not deleted: with its
lease, an old leader could write the key again.
"""

import base64
import json

from hathi_node.etcd import encode
from hathi_node.https import Caller
from hathi_node.problem import Problem

NAMESPACE = '/service'
REQUEST_SECONDS = 2.0


class LeaderKey:
    def __init__(self, scope, settings):
        self.prefix = f'{NAMESPACE}/{scope}'
        self.settings = settings
        self.caller = Caller(settings['ca'], settings['certificate'], settings['key'])

    def call(self, path, body):
        settings = self.settings
        status, found = self.caller.request(
            settings['address'], settings['port'], 'POST', path, body, seconds=REQUEST_SECONDS
        )
        if status != 200 or not isinstance(found, dict):
            raise Problem(f'etcd did not respond: {found}')
        return found

    def value(self, name):
        """Returns (value, lease) of a key; (None, None) without such a key."""
        found = self.call('/v3/kv/range', {'key': encode(f'{self.prefix}/{name}')})
        entries = found.get('kvs', [])
        if not entries:
            return None, None
        return decode(entries[0].get('value', '')), entries[0].get('lease')

    def is_paused(self):
        text, _ = self.value('config')
        # Without a configuration, nothing is known about the maintenance mode.
        return text is None or bool(json.loads(text).get('pause'))


def decode(text):
    return base64.b64decode(text).decode()


def run(node):
    key = LeaderKey(node.params['scope'], node.params['etcd'])
    leader, lease = key.value('leader')
    found = {'changed': False, 'leader': leader, 'lease': lease, 'paused': key.is_paused()}
    wanted = node.params.get('revoke')
    if wanted is None:
        return found
    if found['paused']:
        raise Problem('Patroni is in maintenance mode')
    if leader is None:
        # The lease ended in the meantime.
        return found
    if (leader, lease) != (wanted['leader'], wanted['lease']):
        raise Problem(f'the leader is {leader} with another lease now')
    key.call('/v3/lease/revoke', {'ID': lease})
    return {**found, 'changed': True}
