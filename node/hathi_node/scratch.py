"""A scratch PostgreSQL of a node's own binaries, to test a configuration with: see the verb `try-configuration`."""

import ctypes
import glob
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import time

from hathi_node.postgres import SESSION, as_patroni_writes
from hathi_node.problem import Problem

DIRECTORY = '/var/lib/hathi/trial'
PORT = 54329
# A start takes 0.5 s on a quiet machine; values that take minutes are rejected by rules before.
START_SECONDS = 60
LOGIN_SECONDS = 30
STOP_SECONDS = 15
TEMPLATE_SECONDS = 120
PAUSE_SECONDS = 0.02
LONGEST_MESSAGE = 300
PR_SET_PDEATHSIG = 1

# What Hathi and Patroni set themselves, and what leads out of the scratch cluster.
LEFT_OUT = re.compile(
    r'(ssl|archive|recovery_target|primary)(_|$)|(restore_command|recovery_end_command|cluster_name'
    r'|synchronous_standby_names|recovery_min_apply_delay)$',
    re.IGNORECASE,
)
# Small, silent towards the network, and with a log that can be read here. A given value of one of these
# is checked by ALTER SYSTEM instead, which checks values as the configuration file does.
OWN = {
    'listen_addresses': '',
    'port': PORT,
    'hot_standby': 'on',
    'wal_log_hints': 'on',
    'shared_buffers': '16MB',
    'wal_buffers': '-1',
    'min_dynamic_shared_memory': '0',
    'fsync': 'off',
    'allow_alter_system': 'on',
    'log_destination': 'stderr',
    'log_filename': 'hathi-trial.log',
    'log_line_prefix': '',
    'log_min_messages': 'warning',
    'external_pid_file': '',
}
ONLY_FROM_17 = ('allow_alter_system',)
# Starts and ends of PostgreSQL, and what only repeats that there is an error in the file.
SAYS_NOTHING = re.compile(
    r'contains errors|database system|starting PostgreSQL|listening on|redirecting log output|shutting down'
    r'|shutdown request|aborting startup|terminating any other|neither primary_conninfo|entering standby'
    r'|startup process|checkpoint|Future log output'
)
SEVERITY = re.compile(r'(?:^|\s)(LOG|WARNING|ERROR|FATAL|PANIC|psql: error):\s+(.*)')
ABOUT_A_VALUE = (re.compile('parameter "'), re.compile('invalid|syntax error', re.IGNORECASE))
# PostgreSQL starts, and has dropped the value.
DROPPED = re.compile(r'^(ERROR|FATAL|PANIC)$')
DROPPED_TEXT = re.compile(r'invalid (value|configuration parameter)|removing it')

# As a client: a transaction that writes, without touching a schema of the user.
CLIENT = (
    'create temp table hathi_trial (id int primary key, note text);'
    " insert into hathi_trial values (1, 'a'); select count(*) from hathi_trial, pg_class"
)
STANDBY = 'select count(*) from pg_class'
FILE_ERRORS = (
    "select coalesce(json_agg(json_build_object('name', name, 'error', error)), '[]')"
    ' from pg_file_settings where error is not null'
)


class Refusal(Exception):
    """PostgreSQL does not work with the configuration. The text is PostgreSQL's own."""


def messages(text):
    """(severity, message) of each line with a message."""
    found = [match.groups() for line in text.splitlines() if (match := SEVERITY.search(line))]
    return [(severity, message) for severity, message in found if not SAYS_NOTHING.search(message)]


class Scratch:
    """The scratch cluster: its files are below one private directory, its processes end with this one."""

    def __init__(self, node):
        self.user = pwd.getpwnam('postgres')
        self.binaries = f'/usr/lib/postgresql/{node.params["version"]}/bin'
        self.version = node.params['version']
        self.template = f'{DIRECTORY}/template-{self.version}'
        self.data = f'{DIRECTORY}/data'
        self.sockets = f'{DIRECTORY}/socket'
        self.log = f'{DIRECTORY}/log'
        self.log_directory = 'log'
        self.process = None

    def words(self, words, seconds, environment=None):
        """Runs a program as postgres. Returns (exit code, output, with errors)."""
        try:
            done = subprocess.run(
                words,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                timeout=seconds,
                **self.as_postgres(environment),
            )
        except subprocess.TimeoutExpired:
            return 124, f'FATAL:  no response within {seconds} s'
        return done.returncode, done.stdout.decode(errors='replace')

    def as_postgres(self, environment=None):
        groups = os.getgrouplist(self.user.pw_name, self.user.pw_gid)
        return {
            'user': self.user.pw_uid,
            'group': self.user.pw_gid,
            'extra_groups': groups,
            'cwd': '/',
            'env': {'PATH': '/usr/bin:/bin', 'HOME': DIRECTORY, **(environment or {})},
            # Nothing outlives a program that is killed.
            'preexec_fn': lambda: ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT),
        }

    def directory(self, path):
        os.makedirs(path, mode=0o700, exist_ok=True)
        os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def clear(self):
        """Removes what a killed trial left behind: its process, then its files."""
        try:
            with open(f'{self.data}/postmaster.pid') as handle:
                pid = int(handle.readline())
            with open(f'/proc/{pid}/cmdline') as handle:
                ours = self.data in handle.read().split('\0')
        except (OSError, ValueError):
            ours = False
        if ours:
            os.kill(pid, signal.SIGQUIT)
            deadline = time.monotonic() + STOP_SECONDS
            while os.path.exists(f'/proc/{pid}') and time.monotonic() < deadline:
                time.sleep(PAUSE_SECONDS)
            if os.path.exists(f'/proc/{pid}'):
                os.kill(pid, signal.SIGKILL)
        for path in self.collected():
            os.unlink(path)
        for path in (self.data, self.sockets):
            shutil.rmtree(path, ignore_errors=True)

    def make_template(self):
        """By initdb, once for each major version; templates of other versions go."""
        for entry in os.scandir(DIRECTORY):
            if entry.name.startswith('template-') and entry.path != self.template:
                shutil.rmtree(entry.path, ignore_errors=True)
        if os.path.exists(self.template):
            return
        unfinished = f'{self.template}.new'
        shutil.rmtree(unfinished, ignore_errors=True)
        builtin = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] if int(self.version) >= 17 else []
        code, out = self.words(
            [
                f'{self.binaries}/initdb',
                '-D',
                unfinished,
                '-U',
                'postgres',
                '-A',
                'peer',
                '-E',
                'UTF8',
                '--locale=C.UTF-8',
                *builtin,
                '--data-checksums',
                '--no-sync',
                '--no-instructions',
            ],
            TEMPLATE_SECONDS,
        )
        if code != 0:
            raise Problem(f'the scratch cluster for trials could not be made: {out.strip()[-LONGEST_MESSAGE:]}')
        os.rename(unfinished, self.template)

    def write(self, name, lines):
        path = f'{self.data}/{name}'
        with open(path, 'w') as handle:
            handle.write(''.join(f'{line}\n' for line in lines))
        os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def prepare(self, parameters):
        self.clear()
        self.make_template()
        self.directory(self.sockets)
        code, out = self.words(['cp', '-a', '--reflink=auto', self.template, self.data], TEMPLATE_SECONDS)
        if code != 0:
            raise Problem(f'the scratch cluster for trials could not be copied: {out.strip()[-LONGEST_MESSAGE:]}')
        self.log_directory = parameters.get('log_directory', 'log')
        self.write('trial_hba.conf', ['local all all peer'])
        self.write('trial_ident.conf', [])
        given = {name: value for name, value in parameters.items() if not LEFT_OUT.match(name)}
        own = {name: value for name, value in OWN.items() if name not in ONLY_FROM_17 or int(self.version) >= 17}
        own['unix_socket_directories'] = self.sockets
        own['hba_file'] = f'{self.data}/trial_hba.conf'
        own['ident_file'] = f'{self.data}/trial_ident.conf'
        self.checked_otherwise = {
            name: value
            for name, value in given.items()
            if name.lower() in own and name.lower() != 'unix_socket_directories'
        }
        lines = [f'{name} = {as_patroni_writes(value)}' for name, value in given.items() if name.lower() not in own]
        lines += [f'{name} = {as_patroni_writes(value)}' for name, value in own.items()]
        self.write('trial.conf', ["include 'postgresql.conf'", *lines])

    def start(self, *options):
        """Waits until it accepts connections. @raises Refusal when it ends before."""
        words = [f'{self.binaries}/postgres', '-D', self.data, '-c', f'config_file={self.data}/trial.conf', *options]
        with open(self.log, 'wb') as log:
            self.process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self.as_postgres()
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                self.process = None
                raise Refusal(self.reason('PostgreSQL ended at once and gave no reason'))
            try:
                with open(f'{self.data}/postmaster.pid') as handle:
                    if handle.read().splitlines()[-1].strip() in ('ready', 'standby'):
                        return
            except (OSError, IndexError):
                pass
            time.sleep(PAUSE_SECONDS)
        raise Refusal(self.reason(f'PostgreSQL accepted no connection within {START_SECONDS} s'))

    def log_text(self):
        text = ''
        for path in (self.log, *self.collected()):
            with open(path, errors='replace') as handle:
                text += handle.read()
        return text

    def collected(self):
        """Files of PostgreSQL's log collector, where the configuration turns it on."""
        return glob.glob(f'{os.path.join(self.data, self.log_directory)}/{OWN["log_filename"]}*')

    def reason(self, otherwise):
        """The line about a value, rather than the line that only reports the end of PostgreSQL."""
        found = [message for _, message in messages(self.log_text())]
        for pattern in ABOUT_A_VALUE:
            for message in found:
                if pattern.search(message):
                    return re.sub(r' in file "[^"]*"( near)? line \d+.*$', '', message)
        return found[-1] if found else otherwise

    def query(self, statement, session=''):
        """Connects as a client on the socket. @raises Refusal with the message to the client"""
        code, out = self.words(
            [
                f'{self.binaries}/psql',
                '-XAtq',
                '-v',
                'ON_ERROR_STOP=1',
                '-h',
                self.sockets,
                '-p',
                str(PORT),
                '-U',
                'postgres',
                '-d',
                'postgres',
                '-c',
                statement,
            ],
            LOGIN_SECONDS,
            {'PGCONNECT_TIMEOUT': '10', 'LC_ALL': 'C', **({'PGOPTIONS': session} if session else {})},
        )
        if code == 0:
            return out.strip()
        found = messages(out)
        message = found[0][1] if found else out.strip() or f'psql ended with {code}'
        raise Refusal(re.sub(r'^connection to server .*? failed: (FATAL:\s+)?', '', message))

    def check_values(self):
        for entry in json.loads(self.query(FILE_ERRORS, SESSION)):
            if entry['name'] not in OWN:
                raise Refusal(f'parameter "{entry["name"]}": {entry["error"]}')
        for name, value in self.checked_otherwise.items():
            self.query(f'alter system set {name} to {as_patroni_writes(value)}', SESSION)
        self.write('postgresql.auto.conf', [])
        for severity, message in messages(self.log_text()):
            if DROPPED.match(severity) or DROPPED_TEXT.search(message):
                raise Refusal(message)

    def stop(self):
        if self.process is None:
            return
        for sent in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            self.process.send_signal(sent)
            try:
                self.process.wait(STOP_SECONDS)
                break
            except subprocess.TimeoutExpired:
                continue
        self.process = None

    def try_all(self, parameters):
        """@raises Refusal"""
        try:
            self.prepare(parameters)
            self.start()
            self.query(CLIENT)
            self.check_values()
            self.stop()
            self.write('standby.signal', [])
            self.start('-c', 'logging_collector=off')
            self.query(STANDBY)
            self.stop()
        finally:
            self.stop()
            self.clear()
