"""Makes this node a member of the cluster's etcd, from any state that an earlier run left.

Arguments: `name`; `members` (address by name, of every member); `seen` (what role common saw on every
node: without `etcd data` a new cluster is right, without `postgres data` etcd holds nothing of worth);
`data_directory`; `ca`, `certificate`, `key` (paths); `timeout_seconds`. etcd's settings are among the
files; how it starts is written below them.
"""

import glob
import os
import shutil
import time

from hathi_node.etcd import Etcd
from hathi_node.files import place_file, place_files
from hathi_node.https import Caller
from hathi_node.problem import Problem
from hathi_node.systemd import Service

UNIT = 'etcd'
ENVIRONMENT_FILE = '/etc/default/etcd'
PEER_PORT = 2380
PAUSE_SECONDS = 0.2
# A cluster whose first start was killed half-way never responds; a healthy one responds at once.
REBUILD_AFTER_SECONDS = 3
# The first member of a new cluster is there within tenths of a second, if it comes at all.
FIRST_MEMBER_SECONDS = 5
FIRST_MEMBER_PAUSE_SECONDS = 0.05


def peer_url(address):
    return f'https://{address}:{PEER_PORT}'


class Member:
    def __init__(self, node, caller):
        self.params = node.params
        self.name = node.params['name']
        self.members = node.params['members']
        self.peer_url = peer_url(self.members[self.name])
        self.caller = caller
        self.etcd = Etcd(caller, self.members)
        self.deadline = time.monotonic() + node.params['timeout_seconds']

    def has_data(self):
        return bool(glob.glob(self.params['data_directory'] + '/member/wal/*.wal'))

    def list_members(self):
        """Every member, agreed on by a quorum; nothing when there is none."""
        status, response = self.etcd.request('/v3/cluster/member/list', {'linearizable': True}, others_than=self.name)
        return response['members'] if status == 200 else None

    def was_removed(self):
        """Whether a quorum of the others does not count this node as a member, so that its data is of no use."""
        if self.caller.request(self.members[self.name], Etcd.CLIENT_PORT, 'GET', '/health')[0] == 200:
            return False
        listed = self.list_members()
        return bool(listed) and not any(
            self.peer_url in one['peerURLs'] or one.get('name') == self.name for one in listed
        )

    def static_cluster(self):
        return ','.join(f'{name}={peer_url(address)}' for name, address in self.members.items())

    def joined_cluster(self, listed):
        return ','.join(
            f'{self.name if url == self.peer_url else member["name"]}={url}'
            for member in listed
            for url in member['peerURLs']
        )

    def join(self):
        """How to start without data: ('new' or 'existing', the initial cluster)."""
        if 'etcd data' not in self.params['seen']:
            return 'new', self.static_cluster()
        started = time.monotonic()
        reason = 'no quorum'
        while time.monotonic() < self.deadline:
            listed = self.list_members()
            if listed is None:
                waited = time.monotonic() - started
                if 'postgres data' not in self.params['seen'] and waited > REBUILD_AFTER_SECONDS:
                    return 'new', self.static_cluster()
            else:
                # By the name as well: a machine that was created again can have another address.
                mine = [
                    member
                    for member in listed
                    if self.peer_url in member['peerURLs'] or member.get('name') == self.name
                ]
                if mine and not mine[0].get('clientURLs'):
                    # Listed, but never started: by a static start, or by an add that was killed.
                    return 'existing', self.joined_cluster(listed)
                if mine:
                    # It ran, and its disk is gone: etcd must not take an empty one for the same.
                    self.etcd.request('/v3/cluster/member/remove', {'ID': mine[0]['ID']}, self.name)
                status, response = self.etcd.request(
                    '/v3/cluster/member/add',
                    {'peerURLs': [self.peer_url], 'isLearner': True},
                    others_than=self.name,
                )
                if status == 200:
                    return 'existing', self.joined_cluster(response['members'])
                reason = response.get('message', response) if isinstance(response, dict) else response
            time.sleep(PAUSE_SECONDS)
        raise Problem(f'{self.name} cannot join etcd: {reason}')

    def wait_for_first(self):
        """In a new cluster: until the first member serves the others, for a while.

        A member without data requests from the others whether it was a member before, in the order of their
        URLs, and uses the first response. A member that still does this accepts connections and
        does not respond, which costs a second for each: members that start together wait up to two
        seconds for each other, by chance. If the first one runs, every other gets a response at once.
        """
        first = min(self.members, key=lambda name: peer_url(self.members[name]))
        if first == self.name:
            return
        deadline = time.monotonic() + FIRST_MEMBER_SECONDS
        while time.monotonic() < deadline:
            status, _ = self.caller.request(self.members[first], PEER_PORT, 'GET', '/members')
            if status == 200:
                return
            time.sleep(FIRST_MEMBER_PAUSE_SECONDS)

    def promote(self):
        """A learner becomes a voter once it has caught up. Returns whether it was one."""
        reason = 'no quorum'
        was_learner = False
        while time.monotonic() < self.deadline:
            listed = self.list_members()
            mine = [m for m in listed or [] if self.peer_url in m['peerURLs']]
            if mine and not mine[0].get('isLearner'):
                return was_learner
            if mine:
                was_learner = True
                status, response = self.etcd.request('/v3/cluster/member/promote', {'ID': mine[0]['ID']}, self.name)
                if status == 200:
                    return True
                reason = response.get('message', response) if isinstance(response, dict) else response
            time.sleep(PAUSE_SECONDS)
        raise Problem(f'etcd on {self.name} is not a voter: {reason}')


def noted_start():
    """What an earlier run wrote about the start: stays as it is once there is data."""
    found = {}
    try:
        with open(ENVIRONMENT_FILE) as handle:
            for line in handle:
                key, _, value = line.strip().partition('=')
                found[key] = value
    except FileNotFoundError:
        pass
    return found.get('ETCD_INITIAL_CLUSTER_STATE'), found.get('ETCD_INITIAL_CLUSTER')


def run(node):
    params = node.params
    service = Service(node, UNIT)
    started = service.started()
    was_active = started is not None
    settings = node.take(ENVIRONMENT_FILE)
    changed = place_files(node)
    if node.check_mode:
        return {'changed': bool(changed) or not was_active}
    member = Member(node, Caller(params['ca'], params['certificate'], params['key']))

    state, cluster = noted_start()
    if member.has_data() and member.was_removed():
        # E.g. by a change of the cluster that ended before the machine was removed.
        service.systemctl('stop', UNIT)
        was_active = False
        shutil.rmtree(params['data_directory'], ignore_errors=True)
        changed.append('removed member')
    if not member.has_data():
        if was_active and state == 'existing':
            pass  # Started a moment ago, and waits for its first snapshot.
        else:
            if not was_active:
                shutil.rmtree(params['data_directory'], ignore_errors=True)
            state, cluster = member.join()
    state, cluster = state or 'existing', cluster or member.static_cluster()
    settings['content'] += f'ETCD_INITIAL_CLUSTER_STATE={state}\nETCD_INITIAL_CLUSTER={cluster}\n'
    if place_file(node, **settings):
        changed.append(ENVIRONMENT_FILE)
    if not was_active:
        if state == 'new':
            member.wait_for_first()
        # Its readiness needs the other members, which this run starts at the same time.
        service.start('--no-block')
        changed.append('start')
    if service.enable():
        changed.append('enable')
    if state == 'existing' and member.promote():
        changed.append('promote')
    restart_due = was_active and int(os.stat(ENVIRONMENT_FILE).st_mtime) > started
    # Also for a file that a killed run wrote: the handler listens to a change.
    return {
        'changed': bool(changed) or restart_due,
        'changes': changed,
        'restart_due': restart_due,
    }
