"""What the programs of the roles share: files, services, and HTTPS with the node's own certificate.

Standard library only, and little of it: a program starts on every node in every run.
"""

import base64
import glob
import grp
import json
import os
import pwd
import re
import socket
import ssl
import subprocess
import time

# Of each session on the node's own socket: what a program depends on, whatever the configuration has.
SESSION = ' '.join(
    '-c ' + setting.replace(' ', '\\ ')
    for setting in (
        'client_encoding=UTF8',
        'default_transaction_isolation=read committed',
        'default_transaction_read_only=off',
        'idle_session_timeout=0',
        'lock_timeout=0',
        'row_security=on',
        'search_path=pg_catalog',
        'session_replication_role=origin',
        'standard_conforming_strings=on',
        'statement_timeout=30000',
    )
)
RUN_DIRECTORY = '/run'
REQUEST_SECONDS = 3

# Older errors had another cause.
JOURNAL_SINCE = '-2min'
JOURNAL_LINES = '80'
ERROR_WORDS = ('FATAL:', 'PANIC:', 'ERROR:', 'CRITICAL:')
# What PostgreSQL replies to a client that comes too early.
CLIENT_ERRORS = ('is starting up', 'is shutting down', 'not yet accepting connections')


class Problem(Exception):
    """Why this node is not up: names it. `node` is another node that has the problem, if any."""

    def __init__(self, text, node=None):
        super().__init__(text)
        self.node = node


def explain(error):
    """The reason, for a task whose own result is hidden. Never the text of an unforeseen error other
    than the system's: a parser's would quote the file."""
    if isinstance(error, (Problem, OSError)):
        return str(error)
    trace = error.__traceback__
    while trace.tb_next:
        trace = trace.tb_next
    where = os.path.basename(trace.tb_frame.f_code.co_filename)
    return f'{type(error).__name__} in {where}, line {trace.tb_lineno}'


def as_patroni_writes(value):
    """A value in PostgreSQL's configuration file: quotes and backslashes doubled."""
    return "'" + re.sub(r"(['\\])", r'\1\1', str(value)) + "'"


class Node:
    """What a program was asked for: its arguments, its files, and whether only to look."""

    def __init__(self, payload):
        self.params = payload['arguments']
        self.files = payload['files']
        self.check_mode = payload['check_mode']

    def file(self, path):
        """What a file is to be: path, content, owner, mode."""
        return next(entry for entry in self.files if entry['path'] == path)

    def take(self, path):
        """The same for a file that is not to be placed with the others."""
        entry = self.file(path)
        self.files.remove(entry)
        return entry

    @staticmethod
    def run(words, **environment):
        """Returns (exit code, stdout)."""
        done = subprocess.run(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd='/',
            env={**os.environ, **environment},
        )
        return done.returncode, done.stdout.decode(errors='replace').strip()


def start(payload):
    """Runs the program: its result, or the reason it has none as `problem`."""
    program = __import__(payload['program'])
    try:
        return program.run(Node(payload))
    except Exception as error:
        unit = getattr(program, 'UNIT', None)
        words = f' ({Service(Node(payload), unit).last_words()})' if unit else ''
        problem = {'changed': True, 'problem': f'{explain(error)}{words}'}
        node = getattr(error, 'node', None)
        return {**problem, 'problem_node': node} if node else problem


def place_file(node, path, content, owner, mode):
    """Make one file so, as a whole: written beside, then renamed. Returns whether it was not so."""
    user = pwd.getpwnam(owner)
    group = grp.getgrgid(user.pw_gid)
    wanted = content.encode()
    permissions = int(mode, 8)
    try:
        status = os.stat(path)
        with open(path, 'rb') as handle:
            found = handle.read()
    except FileNotFoundError:
        status, found = None, None
    if (
        found == wanted
        and (status.st_uid, status.st_gid) == (user.pw_uid, group.gr_gid)
        and status.st_mode & 0o7777 == permissions
    ):
        return False
    if node.check_mode:
        return True
    directory = os.path.dirname(path)
    os.makedirs(directory, mode=0o755, exist_ok=True)
    beside = f'{path}.new'
    if os.path.exists(beside):
        os.unlink(beside)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, 'wb') as handle:
        handle.write(wanted)
        os.fchown(descriptor, user.pw_uid, group.gr_gid)
        os.fchmod(descriptor, permissions)
        handle.flush()
        os.fsync(descriptor)
    os.rename(beside, path)
    return True


def place_files(node):
    """Make the files so. Returns the paths that were not."""
    return [entry['path'] for entry in node.files if place_file(node, **entry)]


class Service:
    """One systemd unit, and what it is still due after a run that was killed."""

    def __init__(self, node, unit):
        self.node = node
        self.unit = unit
        self.has_failed = False
        # In /run: a reboot does what was due.
        self.due_file = f'{RUN_DIRECTORY}/hathi-{unit}-due'

    def systemctl(self, *words):
        # A script of the same name in /etc/init.d is none of ours, and asking it costs 0.3 s.
        return self.node.run(['systemctl', *words], SYSTEMCTL_SKIP_SYSV='1')

    def started(self):
        """Unix seconds since when the unit runs, or nothing when it does not."""
        _, out = self.systemctl('show', '--timestamp=unix', '--property=ActiveState,ExecMainStartTimestamp', self.unit)
        found = dict(line.partition('=')[::2] for line in out.splitlines())
        self.has_failed = found.get('ActiveState') == 'failed'
        if found.get('ActiveState') not in ('active', 'reloading', 'activating'):
            return None
        return int(found.get('ExecMainStartTimestamp', '').lstrip('@') or 0)

    def start(self, *words):
        if self.has_failed:
            # Else systemd may refuse a unit that failed too often.
            self.systemctl('reset-failed', self.unit)
        self.systemctl('start', *words, self.unit)

    def is_enabled(self):
        # A look at the link costs nothing, `systemctl is-enabled` a process.
        return bool(glob.glob(f'/etc/systemd/system/*.wants/{self.unit}.service'))

    def enable(self):
        """Returns whether it was not enabled."""
        if self.is_enabled():
            return False
        if not self.node.check_mode:
            # A reload of every unit is not needed for a link, and costs more than the rest.
            self.systemctl('enable', '--no-reload', '--quiet', f'{self.unit}.service')
        return True

    def note_due(self, what):
        with open(self.due_file, 'w') as handle:
            handle.write(what)

    def due(self):
        """`reload`, `restart`, or nothing: noted before the files changed."""
        try:
            with open(self.due_file) as handle:
                return handle.read()
        except FileNotFoundError:
            return ''

    def clear_due(self):
        if os.path.exists(self.due_file):
            os.unlink(self.due_file)

    def last_words(self, lines=3):
        """The newest errors in the journal, or its end where it has none, for the reason of a failure."""
        words = ['journalctl', '--unit', self.unit, '--lines', JOURNAL_LINES, '--since', JOURNAL_SINCE]
        _, out = self.node.run([*words, '--output', 'cat', '--no-pager'])
        found = out.splitlines()
        errors = [line for line in found if is_error(line)]
        return ' | '.join((errors or found)[-lines:])[-600:]


def is_error(line):
    """Whether a line of a journal is an error of the service or of PostgreSQL, and not of its clients."""
    return any(word in line for word in ERROR_WORDS) and not any(word in line for word in CLIENT_ERRORS)


class Caller:
    """HTTPS with JSON, and with this node's certificate: Patroni's REST API and etcd's gateway."""

    def __init__(self, ca, certificate, key):
        self.context = ssl.create_default_context(cafile=ca)
        self.context.load_cert_chain(certificate, key)

    def ask(self, address, port, method, path, body=None, seconds=REQUEST_SECONDS, until=None):
        """Returns (status, answer); status 0 with the reason as answer when nobody answered.

        An answer without end is read until what was received of it so far satisfies `until`. HTTP/1.0,
        where an answer comes in one piece: `http.client` costs more to import than the rest of a program
        that finds nothing to do.
        """
        payload = b'' if body is None else json.dumps(body).encode()
        head = (
            f'{method} {path} HTTP/1.0\r\nHost: {address}\r\n'
            f'Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n'
        )
        received = b''
        try:
            with (
                socket.create_connection((address, port), timeout=seconds) as plain,
                self.context.wrap_socket(plain, server_hostname=address) as connection,
            ):
                connection.sendall(head.encode() + payload)
                # Its end is told by its length as well: etcd's port for members often stays open.
                while not is_whole(received) and (chunk := connection.recv(65536)):
                    received += chunk
                    if until is not None and until(received):
                        break
        except OSError as error:
            return 0, str(error)
        first, _, rest = received.partition(b'\r\n')
        words = first.split()
        if len(words) < 2 or not words[1].isdigit():
            return 0, 'no answer'
        text = rest.partition(b'\r\n\r\n')[2].decode(errors='replace')
        try:
            return int(words[1]), json.loads(text)
        except ValueError:
            return int(words[1]), text


class Etcd:
    """The etcd of the cluster, asked through whichever member answers."""

    CLIENT_PORT = 2379

    def __init__(self, caller, members):
        self.caller = caller
        self.members = members

    def ask(self, path, body, others_than=None):
        """Returns (status, answer) of the first member that did what was asked."""
        last = (0, 'there is no other member')
        for name, address in self.members.items():
            if name == others_than:
                continue
            last = self.caller.ask(address, self.CLIENT_PORT, 'POST', path, body)
            if last[0] == 200:
                return last
        return last

    def get(self, key):
        """Returns (True, value or None), or (False, reason)."""
        status, answer = self.ask('/v3/kv/range', {'key': encode(key)})
        if status != 200:
            return False, answer.get('message', answer) if isinstance(answer, dict) else answer
        found = values_of(answer)
        return True, found[0] if found else None

    def below(self, prefix):
        """Returns (the values of the keys that begin so, the revision they are of); (None, 0) without an answer."""
        status, answer = self.ask('/v3/kv/range', keys_below(prefix))
        return (values_of(answer), int(answer['header']['revision'])) if status == 200 else (None, 0)

    def wait_for(self, is_wanted, prefix, revision, seconds):
        """Waits, `seconds` at most, until a key that begins so gets a wanted value after this revision.

        Returns whether etcd answered. One connection for all changes: each costs both ends a handshake.
        """
        watch = {'create_request': {**keys_below(prefix), 'start_revision': revision + 1}}
        address = next(iter(self.members.values()))
        deadline = time.monotonic() + seconds

        def is_enough(received):
            return time.monotonic() > deadline or any(is_wanted(value) for value in values_told(received))

        status, _ = self.caller.ask(address, self.CLIENT_PORT, 'POST', '/v3/watch', watch, seconds, until=is_enough)
        return status == 200

    def delete(self, key):
        return self.ask('/v3/kv/deleterange', {'key': encode(key)})[0] == 200

    def silent_members(self):
        """The names of the members that are not healthy."""
        return [
            name
            for name, address in self.members.items()
            if self.caller.ask(address, self.CLIENT_PORT, 'GET', '/health')[0] != 200
        ]


def is_whole(answer):
    """Whether these bytes are as many as their header says. Never, where it does not say."""
    head, end, body = answer.partition(b'\r\n\r\n')
    for line in head.split(b'\r\n') if end else ():
        name, _, value = line.partition(b':')
        if name.lower() == b'content-length':
            return len(body) >= int(value)
    return False


def keys_below(prefix):
    """As etcd wants the range of the keys that begin so."""
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    return {'key': encode(prefix), 'range_end': encode(end)}


def values_of(answer):
    return [base64.b64decode(entry.get('value', '')).decode() for entry in answer.get('kvs', [])]


def values_told(received):
    """The values that a watch has told so far: it answers with an object a line."""
    for line in received.partition(b'\r\n\r\n')[2].split(b'\n')[:-1]:
        events = json.loads(line).get('result', {}).get('events', [])
        yield from values_of({'kvs': [event['kv'] for event in events if event.get('type') != 'DELETE']})


def encode(text):
    return base64.b64encode(text.encode()).decode()
