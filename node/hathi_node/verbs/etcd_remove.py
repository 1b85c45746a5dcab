"""Removes the members of etcd that leave the cluster, one by one, through a member that stays.

Arguments: `etcd` with `address`, `port`, `ca`, `certificate`, `key` of this node; `keep`: names of the members that
stay; `seconds`: how long to wait for etcd. Each removal needs a majority of the members before it and leaves a majority
of those after it, so every member must be healthy. Returns the names of the `removed` and of the remaining `members`.
"""

import time

from hathi_node.etcd import Etcd
from hathi_node.https import Caller
from hathi_node.problem import Problem

PAUSE_SECONDS = 0.2
REQUEST_SECONDS = 5


class Members:
    def __init__(self, settings, seconds):
        self.settings = settings
        self.caller = Caller(settings['ca'], settings['certificate'], settings['key'])
        self.deadline = time.monotonic() + seconds

    def request(self, path, body):
        """etcd elects a leader after the removal of the old one, and refuses requests meanwhile."""
        while True:
            status, response = self.caller.request(
                self.settings['address'], self.settings['port'], 'POST', path, body, seconds=REQUEST_SECONDS
            )
            if status == 200:
                return response
            if time.monotonic() > self.deadline:
                reason = response.get('message', response) if isinstance(response, dict) else response
                raise Problem(f'etcd: {reason}')
            time.sleep(PAUSE_SECONDS)

    def list(self):
        """Every member, agreed on by a quorum."""
        return self.request('/v3/cluster/member/list', {'linearizable': True})['members']

    def not_healthy(self, members):
        voters = {name_of(one): one.get('clientURLs', []) for one in members if not one.get('isLearner')}
        never_started = [name for name, urls in voters.items() if not urls]
        addresses = {name: host_of(urls[0]) for name, urls in voters.items() if urls}
        return never_started + Etcd(self.caller, addresses).silent_members()


def name_of(member):
    """A member that was added and never started has no name."""
    return member.get('name') or 'a member that never started'


def host_of(url):
    return url.split('://', 1)[-1].rsplit(':', 1)[0]


def run(node):
    params = node.params
    etcd = Members(params['etcd'], params['seconds'])
    members = etcd.list()
    leaving = [one for one in members if one.get('name') not in params['keep']]
    if len(leaving) == len(members):
        raise Problem('no member would stay')
    silent = etcd.not_healthy(members) if leaving else []
    if silent:
        raise Problem(f'not healthy: {", ".join(silent)}; without all members a removal can cost the majority')
    for member in leaving:
        etcd.request('/v3/cluster/member/remove', {'ID': member['ID']})
    return {
        'changed': bool(leaving),
        'removed': sorted(name_of(one) for one in leaving),
        'members': sorted(name_of(one) for one in (etcd.list() if leaving else members)),
    }
