"""Facts of one node at one moment. Each part is bounded in time, and a part that fails has only `error`."""

import os
import ssl
import subprocess
import time
from datetime import UTC, datetime

from hathi_node.https import Caller

VERSION = 1
# A member without a response within this time counts as not healthy.
REQUEST_SECONDS = 1.5
UNITS = ('patroni', 'etcd', 'hathi-guard')


def machine(directories):
    """Disks of the given directories in bytes, memory in bytes, load, and the clock."""
    disks: dict[str, dict[str, object]] = {}
    for name, path in directories.items():
        try:
            # Not shutil: it loads the libraries of three compressions.
            stat = os.statvfs(path)
        except OSError as error:
            disks[name] = {'error': error.strerror}
            continue
        disks[name] = {
            'size_bytes': stat.f_blocks * stat.f_frsize,
            'free_bytes': stat.f_bavail * stat.f_frsize,
            'free_inodes_ratio': round(stat.f_favail / stat.f_files, 4) if stat.f_files else None,
        }
    memory = {}
    with open('/proc/meminfo') as handle:
        for line in handle:
            name, _, value = line.partition(':')
            if name in ('MemTotal', 'MemAvailable'):
                memory[name] = int(value.split()[0]) * 1024
    with open('/proc/sys/kernel/random/boot_id') as handle:
        boot_id = handle.read().strip()
    return {
        'boot_id': boot_id,
        'load': os.getloadavg()[0],
        'cores': os.cpu_count(),
        'memory_bytes': memory.get('MemTotal'),
        'memory_available_bytes': memory.get('MemAvailable'),
        'disks': disks,
    }


def units():
    """Active state of each unit of a node, e.g. `active`, `failed`; `not-found` without such a unit."""
    words = ['systemctl', 'show', '--property=Id,LoadState,ActiveState', *UNITS]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=REQUEST_SECONDS)
    states = {}
    for block in done.stdout.decode(errors='replace').strip().split('\n\n'):
        found = dict(line.partition('=')[::2] for line in block.splitlines())
        name = found.get('Id', '').removesuffix('.service')
        states[name] = found.get('ActiveState') if found.get('LoadState') == 'loaded' else 'not-found'
    return {'states': states}


class Member:
    """A service of this node with TLS and the certificate of the node: Patroni or etcd."""

    def __init__(self, settings):
        self.settings = settings
        self.caller: Caller | None = None

    def request(self, method, path, body=None):
        """Returns (status, response). Status 0 has the reason as its response."""
        settings = self.settings
        try:
            # Read again after a failure: the certificate may have been replaced.
            if self.caller is None:
                self.caller = Caller(settings['ca'], settings['certificate'], settings['key'])
            found = self.caller.request(
                settings['address'], settings['port'], method, path, body, seconds=REQUEST_SECONDS
            )
        except OSError as error:
            found = 0, str(error)
        if found[0] == 0:
            self.caller = None
        return found

    def certificate_ends(self):
        """End of the validity of the certificate that the service presented, ISO 8601; None before a response."""
        served = self.caller and self.caller.peer_certificate
        if not served:
            return None
        ends = ssl.cert_time_to_seconds(served['notAfter'])
        return datetime.fromtimestamp(ends, UTC).isoformat().replace('+00:00', 'Z')


class PatroniFacts(Member):
    def read(self):
        # `/health` reports the same as `/patroni`, which waits for seconds while PostgreSQL starts.
        status, found = self.request('GET', '/health')
        if not isinstance(found, dict):
            return {'error': found or f'status {status}'}
        configured, settings = self.request('GET', '/config')
        return {
            'state': found.get('state'),
            # Before Patroni 4 the word is `master`.
            'role': 'primary' if found.get('role') == 'master' else found.get('role'),
            'timeline': found.get('timeline'),
            'version': found.get('patroni', {}).get('version'),
            'paused': bool(found.get('pause')),
            'pending_restart': bool(found.get('pending_restart')),
            'dcs_last_seen': found.get('dcs_last_seen'),
            'sync_standby': bool(found.get('sync_standby')),
            'settings': settings_of(settings) if configured == 200 and isinstance(settings, dict) else None,
            'certificate_ends': self.certificate_ends(),
        }


def settings_of(found):
    """The settings of the cluster that decide a failover."""
    names = ('ttl', 'loop_wait', 'retry_timeout', 'maximum_lag_on_failover', 'primary_start_timeout', 'pause')
    return {name: found.get(name) for name in (*names, 'failsafe_mode', 'synchronous_mode')}


class EtcdFacts(Member):
    def read(self):
        # A read through the quorum: without a majority it times out.
        status, found = self.request('GET', '/health')
        healthy = status == 200 and isinstance(found, dict) and found.get('health') == 'true'
        reason = None if healthy else found.get('reason') if isinstance(found, dict) else found
        listed, members = self.request('POST', '/v3/cluster/member/list', {'linearizable': False})
        return {
            'healthy': healthy,
            'error': reason or (None if healthy else f'status {status}'),
            'members': sorted(members_of(members)) if listed == 200 else None,
            'certificate_ends': self.certificate_ends(),
        }


def members_of(found):
    """Names of the voting members. A member that was added and never started has no name."""
    return [entry.get('name', '') for entry in found.get('members', []) if not entry.get('isLearner')]


class Facts:
    """Reads all facts of a node. Connections stay open between the rounds where the services allow it."""

    def __init__(self, settings, postgres):
        self.directories = settings['directories']
        self.patroni = PatroniFacts(settings['patroni']) if settings.get('patroni') else None
        self.etcd = EtcdFacts(settings['etcd']) if settings.get('etcd') else None
        self.postgres = postgres

    def read(self):
        parts = {
            'machine': lambda: machine(self.directories),
            'units': units,
            'postgres': self.postgres and self.postgres.read,
            'patroni': self.patroni and self.patroni.read,
            'etcd': self.etcd and self.etcd.read,
        }
        began = time.monotonic()
        found = {'version': VERSION, 'at': now()}
        for name, read in parts.items():
            found[name] = read and part(read)
        found['clock'] = time.time()
        found['duration_ms'] = round((time.monotonic() - began) * 1000, 1)
        return found


def part(read):
    try:
        return read()
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return {'error': str(error) or type(error).__name__}


def now():
    return datetime.now(UTC).isoformat(timespec='milliseconds').replace('+00:00', 'Z')
