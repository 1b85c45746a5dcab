"""Tests the complete PostgreSQL configuration on this node before anything is written to it.

A scratch cluster of the node's own binaries starts with the new values, accepts a connection, and does
the same once more as a standby. A value is valid only if that succeeds; PostgreSQL's own error is the
result otherwise. A configuration that was accepted before is not tested again.

Arguments: `name`, `first` (of this and of the first node); `version` (major version of PostgreSQL);
`data_directory` (of the real cluster, which is only looked at); `parameters` (all of them, by name).
"""

import fcntl
import hashlib
import json
import os
import re
import time

from hathi_node.postgres import as_patroni_writes
from hathi_node.problem import Problem
from hathi_node.scratch import DIRECTORY, LONGEST_MESSAGE, Refusal, Scratch

# Part of the digest: raise it when the trial itself changes.
REVISION = 1
LOCK_SECONDS = 120


def culprit(message, parameters, before):
    """The name of the parameter that the message is about, or None.

    PostgreSQL names it, or quotes its value (a library), or writes it as words (statement timeout);
    otherwise it is the one that differs from the last accepted configuration.
    """
    lower = message.lower()
    for name in parameters:
        if f'"{name.lower()}"' in lower:
            return name
    tokens = re.findall(r'"([^"]+)"', message)
    for name, value in parameters.items():
        parts = [part.strip(' "\'') for part in str(value).split(',')]
        if any(token == str(value) or token in parts for token in tokens):
            return name
        # A directory, of which the message names a file.
        if str(value).startswith('/') and str(value) in message:
            return name
    for name in parameters:
        if '_' in name and (name.lower() in lower or name.lower().replace('_', ' ') in lower):
            return name
    changed = [name for name in parameters if before.get(name) != str(parameters[name])]
    return changed[0] if len(changed) == 1 else None


def digest_of(scratch, parameters):
    """Of what the result depends on: the values, PostgreSQL's binary, and this program."""
    status = os.stat(f'{scratch.binaries}/postgres')
    facts = [REVISION, scratch.version, status.st_size, status.st_mtime_ns, sorted(parameters.items())]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def accepted():
    """The digest and the values of the last configuration that was accepted here."""
    try:
        with open(f'{DIRECTORY}/accepted') as handle:
            return json.load(handle)
    except (OSError, ValueError):
        return {'digest': None, 'parameters': {}}


def lock():
    """One trial at a time on a node. Released by the system when this process ends."""
    handle = open(f'{DIRECTORY}/lock', 'w')
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Problem(f'another trial of a configuration runs for more than {LOCK_SECONDS} s') from None
            time.sleep(0.2)


def run(node):
    params = node.params
    # All nodes of a new cluster have the same packages, so one of them is enough.
    is_new = not os.path.exists(f'{params["data_directory"]}/PG_VERSION')
    if node.check_mode or (is_new and params['name'] != params['first']):
        return {'changed': False}
    parameters = {name: str(value) for name, value in params['parameters'].items()}
    scratch = Scratch(node)
    digest = digest_of(scratch, parameters)
    before = accepted()
    if before['digest'] == digest:
        return {'changed': False}
    scratch.directory(os.path.dirname(DIRECTORY))
    scratch.directory(DIRECTORY)
    with lock():
        try:
            scratch.try_all(parameters)
        except Refusal as refusal:
            message = str(refusal)[:LONGEST_MESSAGE]
            name = culprit(message, parameters, before['parameters'])
            value = None if name is None else parameters[name]
            words = 'the configuration' if name is None else f'{name} = {as_patroni_writes(value)}'
            return {
                'changed': False,
                'problem': f'PostgreSQL does not work with {words}: {message}',
                'rejected': {'parameter': name, 'value': value, 'reason': message},
            }
        with open(f'{DIRECTORY}/accepted.new', 'w') as handle:
            json.dump({'digest': digest, 'parameters': parameters}, handle)
        os.rename(f'{DIRECTORY}/accepted.new', f'{DIRECTORY}/accepted')
    return {'changed': False}
