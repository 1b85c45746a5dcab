"""The etcd of the cluster."""

import base64
import json
import time


class Etcd:
    """The etcd of the cluster, through the first member that responds."""

    CLIENT_PORT = 2379

    def __init__(self, caller, members):
        self.caller = caller
        self.members = members

    def request(self, path, body, others_than=None):
        """Returns (status, response) of the first member that succeeded."""
        last = (0, 'there is no other member')
        for name, address in self.members.items():
            if name == others_than:
                continue
            last = self.caller.request(address, self.CLIENT_PORT, 'POST', path, body)
            if last[0] == 200:
                return last
        return last

    def get(self, key):
        """Returns (True, value or None), or (False, reason)."""
        status, response = self.request('/v3/kv/range', {'key': encode(key)})
        if status != 200:
            return False, response.get('message', response) if isinstance(response, dict) else response
        found = values_of(response)
        return True, found[0] if found else None

    def below(self, prefix):
        """Returns (the values of the keys that begin so, the revision they are of); (None, 0) without a response."""
        status, response = self.request('/v3/kv/range', keys_below(prefix))
        return (values_of(response), int(response['header']['revision'])) if status == 200 else (None, 0)

    def wait_for(self, is_wanted, prefix, revision, seconds):
        """Waits, `seconds` at most, until a key that begins so gets a wanted value after this revision.

        Returns whether etcd responded. One connection for all changes: each costs both ends a handshake.
        """
        watch = {'create_request': {**keys_below(prefix), 'start_revision': revision + 1}}
        address = next(iter(self.members.values()))
        deadline = time.monotonic() + seconds

        def is_enough(received):
            return time.monotonic() > deadline or any(is_wanted(value) for value in values_received(received))

        status, _ = self.caller.request(address, self.CLIENT_PORT, 'POST', '/v3/watch', watch, seconds, until=is_enough)
        return status == 200

    def delete(self, key):
        return self.request('/v3/kv/deleterange', {'key': encode(key)})[0] == 200

    def silent_members(self):
        """The names of the members that are not healthy."""
        return [
            name
            for name, address in self.members.items()
            if self.caller.request(address, self.CLIENT_PORT, 'GET', '/health')[0] != 200
        ]


def keys_below(prefix):
    """As etcd wants the range of the keys that begin so."""
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    return {'key': encode(prefix), 'range_end': encode(end)}


def values_of(response):
    return [base64.b64decode(entry.get('value', '')).decode() for entry in response.get('kvs', [])]


def values_received(received):
    """The values that a watch has returned so far: it sends one object a line."""
    for line in received.partition(b'\r\n\r\n')[2].split(b'\n')[:-1]:
        events = json.loads(line).get('result', {}).get('events', [])
        yield from values_of({'kvs': [event['kv'] for event in events if event.get('type') != 'DELETE']})


def encode(text):
    return base64.b64encode(text.encode()).decode()
