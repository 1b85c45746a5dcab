"""What Ansible does, as JSON lines: one object a line, flushed, to HATHI_EVENTS_FILE or to stdout."""

from __future__ import annotations

import datetime
import gc
import json
import os
import signal
import sys
import time

from ansible.executor.task_queue_manager import FinalQueue
from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import connection_loader, filter_loader, test_loader

DOCUMENTATION = """
name: hathi_events
type: stdout
short_description: JSON lines of what happens
description:
  - One JSON object a line; ansible/README.md describes each. The result of a task that is no_log never appears.
options: {}
"""

LONGEST_MESSAGE = 600


def put_as_a_whole(queue, result, put=FinalQueue.put):
    """A worker that an interrupt ends in here keeps the queue's lock, and then nobody ends any more."""
    masked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        put(queue, result)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, masked)


# Seen with ansible-core 2.19.14: of ten runs that were interrupted as results came in, three hung for good.
FinalQueue.put = put_as_a_whole


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'stdout'
    CALLBACK_NAME = 'hathi_events'

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        path = os.environ.get('HATHI_EVENTS_FILE')
        # Appended, so that a run that continues after a crash keeps the earlier events.
        self._out = open(path, 'a') if path else sys.stdout
        # Ansible prints the lines of running tasks without a flush.
        sys.stdout.reconfigure(line_buffering=True)
        self._started = time.monotonic()
        self._task_started = {}

    def _say(self, event, **fields):
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec='milliseconds')
        line = {'event': event, 'at': now.replace('+00:00', 'Z')}
        line.update((key, value) for key, value in fields.items() if value is not None)
        self._out.write(json.dumps(line) + '\n')
        self._out.flush()

    @staticmethod
    def _role(task):
        role = getattr(task, '_role', None)
        return role.get_name() if role else None

    def _task_fields(self, task):
        name = task.get_name()
        role = self._role(task)
        if role and name.startswith(f'{role} : '):
            name = name[len(role) + 3 :]
        return {'task': name, 'role': role}

    def v2_playbook_on_start(self, playbook):
        # Once, for all the processes that tasks fork.
        for loader, name in ((filter_loader, 'to_json'), (test_loader, 'version'), (connection_loader, 'ssh')):
            loader.get(name, class_only=True)
        self._say('playbook_started')

    def v2_playbook_on_play_start(self, play):
        # Each task forks a process for each host, in which a collection would touch, and so copy, all memory.
        gc.freeze()
        gc.disable()
        self._say('play_started', play=play.get_name())

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._say('task_started', **self._task_fields(task))

    def v2_playbook_on_handler_task_start(self, task):
        self._say('task_started', **self._task_fields(task))

    def v2_runner_on_start(self, host, task):
        self._task_started[host.get_name(), task._uuid] = time.monotonic()

    def _host_task(self, result, status):
        # ansible-core 2.19 gives the task and host by these names.
        task, host = result.task, result.host.get_name()
        fields = result.result
        started = self._task_started.pop((host, task._uuid), time.monotonic())
        message = None
        if status in ('failed', 'unreachable'):
            # The result of a task that handles secrets is not shown. The task after it reports the cause.
            hidden = fields.get('_ansible_no_log') or task.no_log
            if not hidden:
                message = self._message(fields)
            elif status == 'unreachable':
                message = 'the node cannot be reached over SSH'
        self._say(
            'host_task',
            **self._task_fields(task),
            host=host,
            status=status,
            duration_seconds=round(time.monotonic() - started, 3),
            message=message,
            # The parameter that PostgreSQL did not accept in a trial.
            rejected=fields.get('rejected') if status == 'failed' else None,
        )

    @staticmethod
    def _message(fields):
        words = [str(fields.get('msg') or 'failed').strip()]
        words += [str(fields[key]).strip() for key in ('stderr', 'module_stderr') if fields.get(key)]
        # A raw task has a terminal, so what its command wrote to stderr is the end of stdout.
        lines = str(fields.get('stdout') or '').strip().splitlines()
        if words[0] == 'non-zero return code' and lines:
            words = [lines[-1].strip()]
        return ' | '.join(words)[:LONGEST_MESSAGE]

    def v2_runner_on_ok(self, result):
        self._host_task(result, 'changed' if result.is_changed() else 'ok')

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._host_task(result, 'failed')

    def v2_runner_on_unreachable(self, result):
        self._host_task(result, 'unreachable')

    def v2_runner_on_skipped(self, result):
        self._host_task(result, 'skipped')

    def v2_playbook_on_no_hosts_matched(self):
        self._say('warning', message='no host matches the play')

    def v2_playbook_on_stats(self, stats):
        hosts = {host: stats.summarize(host) for host in sorted(stats.processed)}
        names = {'failures': 'failed', 'ok': 'ok', 'changed': 'changed', 'skipped': 'skipped'}
        self._say(
            'recap',
            duration_seconds=round(time.monotonic() - self._started, 3),
            hosts={
                host: {
                    **{name: numbers[key] for key, name in names.items()},
                    'unreachable': numbers['unreachable'],
                }
                for host, numbers in hosts.items()
            },
        )
