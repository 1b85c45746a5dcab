"""The guard: its decisions over times, the stream of keepalives, and the processes that it stops."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

from hathi_node.guard.__main__ import Guard
from hathi_node.guard.clockwork import ARMED, DISARMED, FENCED, Clockwork
from hathi_node.guard.keepalives import Keepalives
from hathi_node.guard.postmaster import Postmaster

RESTART_AFTER = 8
TIMEOUT = 15

# A program that looks like a postmaster: its name, its directory, its pid file. `{ignore}` signals are ignored.
FAKE_POSTGRES = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
for number in {ignore}:
    signal.signal(number, signal.SIG_IGN)
open('/proc/self/comm', 'w').write('postgres')
open('postmaster.pid', 'w').write(f'{{os.getpid()}}\\n')
print('ready', flush=True)
time.sleep(60)
"""


class KeepalivesTest(unittest.TestCase):
    def test_reads_what_patroni_writes(self):
        self.assertEqual(
            Keepalives().feed(b'Ctimeout=15\n11V'),
            [('timeout', 15), ('alive', None), ('alive', None), ('closed', None)],
        )

    def test_reads_it_in_any_pieces(self):
        stream = b'Ctimeout=25\n1V1Ctimeout=85\n1'
        for size in range(1, len(stream)):
            keepalives = Keepalives()
            pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
            messages = [message for piece in pieces for message in keepalives.feed(piece)]
            self.assertEqual(
                [name for name, _ in messages], ['timeout', 'alive', 'closed', 'alive', 'timeout', 'alive']
            )
            self.assertEqual([value for _, value in messages if value], [25, 85])

    def test_drops_other_bytes(self):
        self.assertEqual(Keepalives().feed(b'x\n?1'), [('alive', None)])


def armed(at=100.0):
    clockwork = Clockwork(RESTART_AFTER)
    clockwork.receive('timeout', TIMEOUT, at)
    return clockwork


class ClockworkTest(unittest.TestCase):
    def test_does_nothing_before_patroni_takes_a_lease(self):
        clockwork = Clockwork(RESTART_AFTER)
        clockwork.receive('alive', None, 0)
        self.assertEqual(
            (clockwork.state, clockwork.expired(1e9), clockwork.seconds_to_next(5)), (DISARMED, False, None)
        )

    def test_expires_at_the_timeout_and_not_before(self):
        clockwork = armed()
        self.assertFalse(clockwork.expired(114.9))
        self.assertTrue(clockwork.expired(115))

    def test_a_keepalive_moves_both_limits(self):
        clockwork = armed()
        clockwork.receive('alive', None, 107)
        self.assertFalse(clockwork.restart_is_due(114))
        self.assertTrue(clockwork.restart_is_due(115))
        self.assertFalse(clockwork.expired(121.9))
        self.assertTrue(clockwork.expired(122))

    def test_restarts_patroni_once_before_it_stops_postgres(self):
        clockwork = armed()
        self.assertEqual(clockwork.seconds_to_next(100), RESTART_AFTER)
        self.assertTrue(clockwork.restart_is_due(108))
        clockwork.note_restart()
        self.assertFalse(clockwork.restart_is_due(109))
        self.assertEqual(clockwork.seconds_to_next(109), 6)
        self.assertTrue(clockwork.expired(115))

    def test_one_late_keepalive_of_the_old_patroni_does_not_move_the_limit(self):
        clockwork = armed()
        clockwork.note_restart()
        clockwork.receive('alive', None, 112)
        self.assertTrue(clockwork.expired(115))

    def test_a_new_patroni_that_takes_its_lease_again_moves_it(self):
        clockwork = armed()
        clockwork.note_restart()
        clockwork.receive('timeout', TIMEOUT, 112)
        self.assertFalse(clockwork.expired(126.9))
        self.assertTrue(clockwork.restart_is_due(120))

    def test_stays_fenced_after_one_stale_keepalive(self):
        clockwork = armed()
        clockwork.fence()
        clockwork.receive('alive', None, 120)
        self.assertEqual(clockwork.state, FENCED)
        clockwork.receive('alive', None, 130)
        self.assertEqual(clockwork.state, ARMED)
        self.assertTrue(clockwork.expired(145))

    def test_an_orderly_end_disarms(self):
        clockwork = armed()
        clockwork.receive('closed', None, 101)
        self.assertFalse(clockwork.expired(1e9))

    def test_continues_after_a_restart_of_the_guard(self):
        clockwork = armed()
        clockwork.note_restart()
        later = Clockwork(RESTART_AFTER)
        later.load(clockwork.save())
        self.assertTrue(later.expired(115))
        self.assertFalse(later.restart_is_due(114))

    def test_ignores_a_damaged_state(self):
        for text in ('', '{', '[]', '{"state": "other"}', '{"state": "armed", "timeout": null}'):
            clockwork = Clockwork(RESTART_AFTER)
            clockwork.load(text)
            self.assertEqual(clockwork.state, DISARMED)


class ProcessTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.children = []
        self.addCleanup(self.clear)

    def clear(self):
        for child in self.children:
            child.kill()
            child.wait()
            child.stdout.close()
        subprocess.run(['rm', '-rf', self.folder])

    def start(self, ignore=(), words=()):
        text = FAKE_POSTGRES.format(ignore=[int(number) for number in ignore])
        command = [sys.executable, '-c', text, *words, '-D', self.folder]
        child = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE)
        self.children.append(child)
        child.stdout.readline()
        return child


class PostmasterTest(ProcessTest):
    def stop(self, is_late=True):
        return Postmaster(self.folder).stop(is_late)

    def test_finds_the_postmaster_of_its_directory_only(self):
        child = self.start()
        found = Postmaster(self.folder).find()
        self.assertEqual((found.pid, found.parent, found.lives()), (child.pid, os.getpid(), True))
        with tempfile.TemporaryDirectory() as other:
            os.link(f'{self.folder}/postmaster.pid', f'{other}/postmaster.pid')
            self.assertIsNone(Postmaster(other).find())

    def test_leaves_the_crash_recovery_of_patroni_alone(self):
        self.start(words=['--single'])
        self.assertIsNone(Postmaster(self.folder).find())

    def test_stops_it_with_sigquit(self):
        child = self.start()
        self.assertEqual(self.stop(), 0)
        self.assertEqual(child.wait(), -signal.SIGQUIT)

    def test_tries_a_fast_shutdown_first_if_there_is_time(self):
        child = self.start()
        self.assertEqual(self.stop(is_late=False), 0)
        self.assertEqual(child.wait(), -signal.SIGINT)

    def test_quits_one_that_does_not_shut_down(self):
        child = self.start(ignore=[signal.SIGINT])
        self.assertEqual(self.stop(is_late=False), 0)
        self.assertEqual(child.wait(), -signal.SIGQUIT)

    def test_stops_one_that_is_stopped_itself(self):
        child = self.start()
        os.kill(child.pid, signal.SIGSTOP)
        self.assertEqual(self.stop(), 0)
        self.assertEqual(child.wait(), -signal.SIGQUIT)

    def test_kills_one_that_does_not_end(self):
        child = self.start(ignore=[signal.SIGQUIT])
        self.assertEqual(self.stop(), 1)
        self.assertEqual(child.wait(), -signal.SIGKILL)


class GuardTest(ProcessTest):
    def guard(self):
        self.read, self.write = os.pipe()
        os.set_blocking(self.read, False)
        for descriptor in (self.read, self.write):
            self.addCleanup(os.close, descriptor)
        configuration = {'data_directory': self.folder, 'restart_after_seconds': RESTART_AFTER, 'patroni': {}}
        guard = Guard(configuration, self.read, f'{self.folder}/guard.json')
        guard.kill_patroni = mock.Mock()
        guard.wake_patroni = mock.Mock()
        guard.postmaster.stop = mock.Mock(return_value=0)
        return guard

    def at(self, seconds):
        return mock.patch('hathi_node.guard.__main__.now', lambda: seconds)

    def test_shuts_down_while_the_lease_lasts_and_quits_after_a_freeze(self):
        for at, is_late in ((115.0, False), (116.0, True), (140.0, True)):
            guard = self.guard()
            os.write(self.write, b'Ctimeout=15\n')
            with self.at(100.0):
                guard.step()
            with self.at(at):
                guard.step()
            guard.postmaster.stop.assert_called_once_with(is_late)

    def test_stops_postgres_although_a_late_keepalive_waits_in_the_fifo(self):
        guard = self.guard()
        os.write(self.write, b'Ctimeout=15\n')
        with self.at(100.0):
            guard.step()
        os.write(self.write, b'1')
        with self.at(115.0):
            guard.step()
        guard.postmaster.stop.assert_called_once()
        # A Patroni that still hangs would never bring the node back.
        guard.kill_patroni.assert_called_once_with()
        self.assertEqual(guard.clockwork.state, FENCED)

    def test_restarts_a_silent_patroni_first(self):
        guard = self.guard()
        os.write(self.write, b'Ctimeout=15\n')
        with self.at(100.0):
            guard.step()
        os.write(self.write, b'x')
        with self.at(108.0):
            guard.step()
        with self.at(109.0):
            guard.step()
        guard.kill_patroni.assert_called_once_with()
        guard.postmaster.stop.assert_not_called()

    def test_wakes_patroni_when_postgres_ends(self):
        guard = self.guard()
        child = self.start()
        guard.step()
        child.kill()
        child.wait()
        guard.step()
        guard.wake_patroni.assert_called_once_with()

    def test_stops_a_primary_that_starts_without_a_lease_again_but_no_replica(self):
        guard = self.guard()
        guard.clockwork.fence()
        self.start()
        open(f'{self.folder}/standby.signal', 'w').close()
        guard.step()
        guard.postmaster.stop.assert_not_called()
        os.unlink(f'{self.folder}/standby.signal')
        guard.step()
        guard.postmaster.stop.assert_called_once()

    def test_stops_postgres_also_without_space_for_its_state(self):
        guard = self.guard()
        guard.state_file = f'{self.folder}/missing/guard.json'
        os.write(self.write, b'Ctimeout=15\n')
        with self.at(100.0):
            guard.step()
        with self.at(115.0):
            guard.step()
        guard.postmaster.stop.assert_called_once()

    def test_keeps_its_state_for_the_next_run(self):
        guard = self.guard()
        os.write(self.write, b'Ctimeout=15\n')
        with self.at(100.0):
            guard.step()
        with open(f'{self.folder}/guard.json') as handle:
            self.assertEqual(json.load(handle)['state'], ARMED)
        later = Guard(guard.configuration, self.read, f'{self.folder}/guard.json')
        later.load()
        later.postmaster.stop = mock.Mock(return_value=0)
        later.kill_patroni = mock.Mock()
        began = time.monotonic()
        with self.at(116.0):
            later.step()
        later.postmaster.stop.assert_called_once()
        self.assertLess(time.monotonic() - began, 5)


if __name__ == '__main__':
    unittest.main()
