#!/usr/bin/python
"""Makes this node a member of the cluster's etcd, whatever state an earlier run left it in."""

import glob
import os
import shutil
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.hathi_node import (
    FILE_OPTIONS,
    Caller,
    Etcd,
    Problem,
    Service,
    explain,
    place_file,
    place_files,
)

DOCUMENTATION = r"""
module: etcd_member
short_description: Make this node a member of the cluster's etcd
description:
  - Places the files, starts the service, and joins an existing cluster as a learner where there is one.
  - Never fails for a member that does not come up; returns the reason in C(problem), since the task
    that calls it is C(no_log).
options:
  name: {description: Name of this member., type: str, required: true}
  members: {description: Addresses by name, of every member., type: dict, required: true}
  may_bootstrap: {description: No member has data, so a new cluster is right., type: bool, required: true}
  may_rebuild: {description: No node has PostgreSQL data, so etcd holds nothing of worth., type: bool, required: true}
  files: {description: Files to place., type: list, elements: dict, required: true}
  environment: {description: Settings of etcd, as environment., type: str, required: true}
  data_directory: {description: Where etcd keeps its data., type: path, required: true}
  ca: {description: Certificate of the authority., type: path, required: true}
  certificate: {description: Certificate of this node., type: path, required: true}
  key: {description: Key of this node., type: path, required: true}
  timeout_seconds: {description: How long to wait for an existing cluster., type: int, default: 60}
author: [Hathi]
"""

ENVIRONMENT_FILE = '/etc/default/etcd'
PEER_PORT = 2380
PAUSE_SECONDS = 0.2
# A cluster whose first start was killed half-way never answers; a healthy one does so at once.
REBUILD_AFTER_SECONDS = 3


def peer_url(address):
    return f'https://{address}:{PEER_PORT}'


class Member:
    def __init__(self, module, caller):
        self.module = module
        self.name = module.params['name']
        self.members = module.params['members']
        self.peer_url = peer_url(self.members[self.name])
        self.etcd = Etcd(caller, self.members)
        self.deadline = time.monotonic() + module.params['timeout_seconds']

    def has_data(self):
        return bool(glob.glob(self.module.params['data_directory'] + '/member/wal/*.wal'))

    def list_members(self):
        """Every member, agreed on by a quorum; nothing when there is none."""
        status, answer = self.etcd.ask(
            '/v3/cluster/member/list', {'linearizable': True}, others_than=self.name
        )
        return answer['members'] if status == 200 else None

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
        if self.module.params['may_bootstrap']:
            return 'new', self.static_cluster()
        started = time.monotonic()
        reason = 'no quorum'
        while time.monotonic() < self.deadline:
            listed = self.list_members()
            if listed is None:
                waited = time.monotonic() - started
                if self.module.params['may_rebuild'] and waited > REBUILD_AFTER_SECONDS:
                    return 'new', self.static_cluster()
            else:
                mine = [member for member in listed if self.peer_url in member['peerURLs']]
                if mine and not mine[0].get('clientURLs'):
                    # Listed, but never started: by a static start, or by an add that was killed.
                    return 'existing', self.joined_cluster(listed)
                if mine:
                    # It ran, and its disk is gone: etcd must not take an empty one for the same.
                    self.etcd.ask('/v3/cluster/member/remove', {'ID': mine[0]['ID']}, self.name)
                status, answer = self.etcd.ask(
                    '/v3/cluster/member/add',
                    {'peerURLs': [self.peer_url], 'isLearner': True},
                    others_than=self.name,
                )
                if status == 200:
                    return 'existing', self.joined_cluster(answer['members'])
                reason = answer.get('message', answer) if isinstance(answer, dict) else answer
            time.sleep(PAUSE_SECONDS)
        raise Problem(f'{self.name} cannot join etcd: {reason}')

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
                status, answer = self.etcd.ask(
                    '/v3/cluster/member/promote', {'ID': mine[0]['ID']}, self.name
                )
                if status == 200:
                    return True
                reason = answer.get('message', answer) if isinstance(answer, dict) else answer
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


def run(module):
    params = module.params
    service = Service(module, 'etcd')
    started = service.started()
    was_active = started is not None
    changed = place_files(module, params['files'])
    if module.check_mode:
        return {'changed': bool(changed) or not was_active}
    member = Member(module, Caller(params['ca'], params['certificate'], params['key']))

    state, cluster = noted_start()
    if not member.has_data():
        if was_active and state == 'existing':
            pass  # Started a moment ago, and waits for its first snapshot.
        else:
            if not was_active:
                shutil.rmtree(params['data_directory'], ignore_errors=True)
            state, cluster = member.join()
    state, cluster = state or 'existing', cluster or member.static_cluster()
    environment = (
        f'{params["environment"].rstrip()}\n'
        f'ETCD_INITIAL_CLUSTER_STATE={state}\n'
        f'ETCD_INITIAL_CLUSTER={cluster}\n'
    )
    if place_file(module, ENVIRONMENT_FILE, environment, 'root', '0644'):
        changed.append(ENVIRONMENT_FILE)
    if not was_active:
        service.systemctl('reset-failed', 'etcd')
        # Its readiness needs the other members, which this run starts at the same time.
        service.systemctl('start', '--no-block', 'etcd')
        changed.append('start')
    if service.enable():
        changed.append('enable')
    if state == 'existing' and member.promote():
        changed.append('promote')
    return {
        'changed': bool(changed),
        'changes': changed,
        'restart_due': was_active and int(os.stat(ENVIRONMENT_FILE).st_mtime) > started,
    }


def main():
    module = AnsibleModule(
        argument_spec={
            'name': {'type': 'str', 'required': True},
            'members': {'type': 'dict', 'required': True},
            'may_bootstrap': {'type': 'bool', 'required': True},
            'may_rebuild': {'type': 'bool', 'required': True},
            'files': {'type': 'list', 'elements': 'dict', 'required': True, 'options': FILE_OPTIONS},
            'environment': {'type': 'str', 'required': True},
            'data_directory': {'type': 'path', 'required': True},
            'ca': {'type': 'path', 'required': True},
            'certificate': {'type': 'path', 'required': True},
            'key': {'type': 'path', 'required': True, 'no_log': False},
            'timeout_seconds': {'type': 'int', 'default': 60},
        },
        supports_check_mode=True,
    )
    try:
        result = run(module)
    except Exception as problem:  # noqa: BLE001 - no_log would hide why
        words = Service(module, 'etcd').last_words()
        result = {'changed': True, 'problem': f'{explain(problem)} ({words})'}
    module.exit_json(**{'problem': '', 'restart_due': False, **result})


if __name__ == '__main__':
    main()
