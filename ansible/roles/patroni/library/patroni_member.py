#!/usr/bin/python
"""Makes this node a healthy member of the Patroni cluster, whatever an earlier run left behind."""

import os
import shutil
import time

import yaml
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.hathi_node import FILE_OPTIONS, Caller, Etcd, Service, explain, place_files
from ansible.module_utils.hathi_patroni import QUIET_SECONDS, Patroni, Progress, difference

DOCUMENTATION = r"""
module: patroni_member
short_description: Make this node a healthy member of the Patroni cluster
description:
  - Places the files, starts or reloads the service, and waits until this node runs. On the leader it waits
    until every other member streams, and then brings the dynamic configuration to its final values.
  - Never fails for a member that does not come up; returns the reason in C(problem), since the task
    that calls it is C(no_log).
options:
  name: {description: Name of this member., type: str, required: true}
  scope: {description: Patroni's name of the cluster., type: str, required: true}
  members: {description: Addresses by name, of every node with PostgreSQL., type: dict, required: true}
  etcd_members: {description: Addresses by name, of every etcd member., type: dict, required: true}
  files: {description: Files to place., type: list, elements: dict, required: true}
  configuration_file: {description: Which of the files is Patroni's own., type: path, required: true}
  data_directory: {description: Where PostgreSQL keeps its data., type: path, required: true}
  dynamic_configuration: {description: What is kept in etcd., type: dict, required: true}
  ca: {description: Certificate of the authority., type: path, required: true}
  certificate: {description: Certificate of this node., type: path, required: true}
  key: {description: Key of this node., type: path, required: true}
  timeout_seconds: {description: How long to wait without any progress., type: int, default: 60}
author: [Hathi]
"""

PAUSE_SECONDS = 0.2


def read_configuration(path):
    try:
        with open(path) as handle:
            return yaml.safe_load(handle) or {}
    except FileNotFoundError:
        return {}


def local_parameters(configuration):
    return configuration.get('postgresql', {}).get('parameters', {})


class Member:
    def __init__(self, module):
        params = module.params
        self.module = module
        self.name = params['name']
        self.data_directory = params['data_directory']
        self.service = Service(module, 'patroni')
        self.progress = Progress(params['timeout_seconds'])
        self.changed = []

    def call(self):
        """Only once the certificate is there to call with."""
        params = self.module.params
        caller = Caller(params['ca'], params['certificate'], params['key'])
        self.etcd = Etcd(caller, params['etcd_members'])
        self.patroni = Patroni(self.module, caller, params['members'])

    def wait_for_etcd(self):
        """A Patroni that finds no etcd sleeps five seconds before it asks again."""
        while True:
            answered, initialized = self.etcd.get(f'/service/{self.module.params["scope"]}/initialize')
            if answered:
                return initialized
            self.progress.check(f'etcd gives {self.name} no answer: {initialized}')
            time.sleep(PAUSE_SECONDS / 2)

    def clear_half_made(self, initialized):
        """Before Patroni runs: removes data that no cluster was ever made of, or half a copy."""
        params = self.module.params
        if not os.path.isdir(self.data_directory) or not os.listdir(self.data_directory):
            return
        # The copy's last file is pg_control.
        half_copied = not os.path.exists(f'{self.data_directory}/global/pg_control')
        # Patroni writes the system identifier here when the first start is through, so an empty
        # value with data means that it died in between, on this node.
        prefix = f'/service/{params["scope"]}'
        half_made = initialized == '' and self.etcd.get(f'{prefix}/leader') == (True, None)
        if half_copied or half_made:
            shutil.rmtree(self.data_directory)
            self.changed.append('clear')
        if half_made:
            self.etcd.delete(f'{prefix}/initialize')

    def place_files(self, is_active):
        """Places the files, and notes beforehand what a running Patroni must then do."""
        params = self.module.params
        path = params['configuration_file']
        before = read_configuration(path)
        wanted = yaml.safe_load(
            next(entry['content'] for entry in params['files'] if entry['path'] == path)
        )
        if is_active and not self.module.check_mode:
            # A reload does not read etcd's hosts again.
            hosts_differ = before.get('etcd3') != wanted.get('etcd3')
            if hosts_differ:
                self.service.note_due('restart')
            elif before != wanted and not self.service.due():
                self.service.note_due('reload')
        self.changed += place_files(self.module, params['files'])
        if is_active and self.changed and not self.service.due():
            self.service.note_due('reload')
        old, new = local_parameters(before), local_parameters(wanted)
        return difference(old, new) if is_active else {}

    def start(self, is_active):
        due = self.service.due()
        if not is_active:
            self.clear_half_made(self.wait_for_etcd())
            self.service.systemctl('reset-failed', 'patroni')
            self.service.systemctl('start', 'patroni')
            self.changed.append('start')
        elif due == 'restart':
            # Killed, Patroni leaves PostgreSQL running and its lease in place, and finds both
            # again: no pause of the whole cluster that a killed run could leave behind.
            self.service.systemctl('kill', '--kill-whom=main', '--signal=KILL', 'patroni')
            self.service.systemctl('restart', 'patroni')
            self.changed.append('restart')
        elif due == 'reload':
            self.service.systemctl('reload', 'patroni')
            self.patroni.reload_postgres(self.data_directory)
            self.changed.append('reload')
        self.service.clear_due()

    def clear_while_running(self, status):
        """A Patroni that was started by a reboot on half a copy says so for ever."""
        if status.get('state') in ('creating replica', 'initializing new cluster', 'running'):
            return
        half = os.path.isdir(f'{self.data_directory}/global') and not os.path.exists(
            f'{self.data_directory}/global/pg_control'
        )
        if half and self.service.is_enabled():
            self.service.systemctl('stop', 'patroni')
            shutil.rmtree(self.data_directory)
            self.service.systemctl('start', 'patroni')
            self.changed.append('clear')

    def wait_until_running(self):
        """Returns the role once this node runs, and streams where it is a replica."""
        while True:
            status = self.patroni.status(self.name)
            if status.get('state') == 'running':
                if status.get('role') in ('primary', 'master'):
                    return 'primary'
                # Patroni before 3.1 does not say; its leader does.
                if status.get('replication_state', 'streaming') == 'streaming':
                    return 'replica'
            free = os.statvfs('/var/lib/postgresql').f_bfree
            self.progress.saw((status.get('state'), free if 'creat' in str(status.get('state')) else 0))
            self.clear_while_running(status)
            self.progress.check(f'{self.name} is {status.get("state", "not answering")}')
            time.sleep(PAUSE_SECONDS)

    def settle(self):
        """On the leader: everyone streams, every etcd member answers, the configuration is final."""
        while True:
            lagging = self.patroni.not_streaming(self.name)
            silent = self.etcd.silent_members() if not lagging else []
            if not lagging and not silent:
                break
            counts = lagging and self.progress.waited() > QUIET_SECONDS
            self.progress.saw((tuple(lagging), self.patroni.copied_bytes() if counts else 0))
            reasons = [f'{name} is {self.patroni.describe(name)}' for name in lagging]
            self.progress.check(', '.join(reasons + [f'etcd on {name} does not answer' for name in silent]))
            time.sleep(PAUSE_SECONDS)
        return self.patroni.configure(self.name, self.module.params['dynamic_configuration'])


def run(module):
    member = Member(module)
    is_active = member.service.started() is not None
    parameters = member.place_files(is_active)
    if module.check_mode:
        return {'changed': bool(member.changed) or not is_active}
    member.call()
    member.start(is_active)
    role = member.wait_until_running()
    if role == 'primary':
        patched = member.settle()
        if patched is not None:
            member.changed.append('configuration')
            parameters = {**patched, **parameters}
    # Only now: a node that reboots while half made waits for the next run, which clears it.
    if member.service.enable():
        member.changed.append('enable')
    pending = member.patroni.status(member.name).get('pending_restart', False)
    return {
        'changed': bool(member.changed),
        'changes': member.changed,
        'role': role,
        'restart_due': pending or bool(member.patroni.needs_restart(parameters)),
    }


def main():
    module = AnsibleModule(
        argument_spec={
            'name': {'type': 'str', 'required': True},
            'scope': {'type': 'str', 'required': True},
            'members': {'type': 'dict', 'required': True},
            'etcd_members': {'type': 'dict', 'required': True},
            'files': {'type': 'list', 'elements': 'dict', 'required': True, 'options': FILE_OPTIONS},
            'configuration_file': {'type': 'path', 'required': True},
            'data_directory': {'type': 'path', 'required': True},
            'dynamic_configuration': {'type': 'dict', 'required': True},
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
        words = Service(module, 'patroni').last_words()
        result = {'changed': True, 'problem': f'{explain(problem)} ({words})'}
    module.exit_json(**{'problem': '', 'restart_due': False, 'role': '', **result})


if __name__ == '__main__':
    main()
