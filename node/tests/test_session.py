"""The session: facts of a node, requests beside the rounds, and what happens to parts that hang."""

import json
import os
import ssl
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
from pathlib import Path
from unittest import mock

from hathi_node import https
from hathi_node.session import facts as facts_module
from hathi_node.session.__main__ import Session
from hathi_node.session.facts import EtcdFacts, Facts, PatroniFacts, machine
from hathi_node.session.postgres_facts import END, PostgresFacts, promotion_of, reason_of

NODE = Path(__file__).parent.parent
TLS = {'address': '127.0.0.1', 'port': 1, 'ca': '/nowhere/ca', 'certificate': '/nowhere/c', 'key': '/nowhere/k'}


SOCKET = 'psql: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: '


class ReasonTest(unittest.TestCase):
    def test_the_reason_is_a_part_of_a_sentence_and_not_the_hint_of_psql(self):
        hint = '\tIs the server running locally and accepting connections on that socket?'
        starting = 'the database system is starting up'
        for lines, expected in (
            ([f'{SOCKET}No such file or directory', hint], 'no server listens on its socket'),
            ([f'{SOCKET}Connection refused', hint], 'no server listens on its socket'),
            ([f'{SOCKET}FATAL:  {starting}'], starting),
            ([f'{SOCKET}timeout expired'], 'timeout expired'),
            (
                ['ERROR:  canceling statement due to user request', 'LINE 1: x'],
                'canceling statement due to user request',
            ),
            (['something else?'], 'something else'),
        ):
            with self.subTest(expected):
                self.assertEqual(reason_of(lines), expected)

    def test_the_reason_of_a_request_is_without_numbers_of_the_system(self):
        expired = '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1012)'
        for error, expected in (
            (ConnectionRefusedError(111, 'Connection refused'), 'Connection refused'),
            (TimeoutError('_ssl.c:1012: The handshake operation timed out'), 'no response in time'),
            (ssl.SSLCertVerificationError(1, expired), 'certificate verify failed: certificate has expired'),
        ):
            with self.subTest(expected):
                with mock.patch.object(https.ssl, 'create_default_context'):
                    caller = https.Caller('ca', 'certificate', 'key')
                with mock.patch.object(https.socket, 'create_connection', side_effect=error):
                    self.assertEqual(caller.request('127.0.0.1', 1, 'GET', '/'), (0, expected))


class FactsTest(unittest.TestCase):
    def test_a_part_that_fails_leaves_the_others(self):
        with mock.patch.object(facts_module, 'units', side_effect=subprocess.TimeoutExpired('systemctl', 1)):
            found = Facts({'directories': {'data': '/'}, 'patroni': TLS, 'etcd': None}, None).read()
        self.assertGreater(found['machine']['disks']['data']['size_bytes'], 0)
        self.assertIn('timed out', found['units']['error'])
        self.assertIn('No such file', found['patroni']['error'])
        self.assertIsNone(found['etcd'])
        self.assertIsNone(found['postgres'])
        json.dumps(found)

    def test_a_missing_directory_is_an_error_of_that_disk(self):
        found = machine({'data': '/nowhere', 'root': '/'})['disks']
        self.assertEqual(found['data'], {'error': 'No such file or directory'})
        self.assertIn('free_bytes', found['root'])

    def test_the_role_of_patroni_before_version_4_is_the_same_word(self):
        member = PatroniFacts(TLS)
        responses = {
            '/health': (200, {'state': 'running', 'role': 'master'}),
            '/config': (200, {'ttl': 30, 'pause': True}),
        }
        with mock.patch.object(member, 'request', side_effect=lambda _method, path: responses[path]):
            found = member.read()
        self.assertEqual((found['role'], found['paused']), ('primary', False))
        self.assertEqual(found['settings']['ttl'], 30)

    def test_etcd_without_a_majority_is_not_healthy(self):
        member = EtcdFacts(TLS)
        members = {'members': [{'name': 'a-2'}, {'name': 'a-1'}, {'name': 'a-3', 'isLearner': True}]}
        responses = {
            '/health': (503, {'health': 'false', 'reason': 'RAFT NO LEADER'}),
            '/v3/cluster/member/list': (200, members),
        }
        with mock.patch.object(member, 'request', side_effect=lambda _method, path, _body=None: responses[path]):
            found = member.read()
        self.assertEqual(
            (found['healthy'], found['error'], found['members']), (False, 'RAFT NO LEADER', ['a-1', 'a-2'])
        )

    def test_the_newest_line_of_a_history_is_the_promotion(self):
        history = '1\t0/5000000\tno recovery target specified\n\n2\t0/7000148\tno recovery target specified\n'
        found = promotion_of({'history': history, 'at': 'now'})
        self.assertEqual(found, {'at': 'now', 'previous_timeline': 2, 'switch_lsn': '0/7000148'})
        self.assertIsNone(promotion_of({'history': None, 'at': None}))
        self.assertIsNone(promotion_of(None))


class FakePsql(PostgresFacts):
    """A program instead of psql: it gets the query on stdin."""

    def __init__(self, body):
        super().__init__({'port': 5432, 'psql': 'psql'})
        self.body = textwrap.dedent(body)
        self.starts = 0

    def start(self):
        self.starts += 1
        return subprocess.Popen(
            [sys.executable, '-c', f'import sys, time\nEND = {END!r}\n{self.body}'],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )


class PostgresFactsTest(unittest.TestCase):
    def read(self, body, rounds=1):
        postgres = FakePsql(body)
        self.addCleanup(postgres.close)
        return postgres, [postgres.read() for _ in range(rounds)]

    def test_one_program_serves_many_rounds(self):
        postgres, found = self.read(
            """
            while sys.stdin.readline():
                sys.stdin.readline()
                print('{"promotion": null, "commits": 1}', flush=True)
                print(END, flush=True)
            """,
            rounds=3,
        )
        self.assertEqual(found, [{'promotion': None, 'commits': 1}] * 3)
        self.assertEqual(postgres.starts, 1)

    def test_the_last_line_of_a_failure_is_the_error(self):
        postgres, found = self.read("print('psql: error: connection refused'); sys.exit(2)", rounds=2)
        self.assertEqual(found, [{'error': 'psql: error: connection refused'}] * 2)
        self.assertEqual(postgres.starts, 2)

    def test_a_session_that_the_server_ended_is_replaced_in_the_same_round(self):
        postgres, found = self.read(
            """
            sys.stdin.readline()
            sys.stdin.readline()
            print('{"promotion": null, "commits": 1}', flush=True)
            print(END, flush=True)
            sys.stdin.readline()
            print('FATAL:  terminating connection due to administrator command')
            print('psql: error: connection to server was lost', flush=True)
            """,
            rounds=3,
        )
        self.assertEqual(found, [{'promotion': None, 'commits': 1}] * 3)
        self.assertEqual(postgres.starts, 3)

    def test_a_new_session_that_ends_is_an_error_and_not_repeated(self):
        postgres, found = self.read("print('FATAL:  terminating connection due to x'); sys.exit(2)")
        self.assertEqual(found, [{'error': 'terminating connection due to x'}])
        self.assertEqual(postgres.starts, 1)

    def test_a_server_that_hangs_is_an_error_after_two_seconds(self):
        began = time.monotonic()
        postgres, found = self.read('time.sleep(60)')
        self.assertIn('no response', found[0]['error'])
        self.assertLess(time.monotonic() - began, 4)
        self.assertIsNone(postgres.child)


class SessionTest(unittest.TestCase):
    """The whole program with a pipe instead of SSH."""

    def start(self, interval=60):
        settings = {'interval_seconds': interval, 'directories': {'data': '/'}}
        code = 'import json, sys; from hathi_node.session.__main__ import main; main(json.loads(sys.argv[1]))'
        child = subprocess.Popen(
            [sys.executable, '-c', code, json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=NODE,
            text=True,
        )
        self.addCleanup(self.stop, child)
        return child

    def stop(self, child):
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            pipe.close()

    def test_it_writes_a_round_at_once_and_then_each_interval(self):
        child = self.start(interval=0.2)
        rounds = [json.loads(child.stdout.readline())['observation'] for _ in range(3)]
        self.assertEqual({one['version'] for one in rounds}, {1})

    def test_it_runs_requests_between_the_rounds(self):
        child = self.start()
        json.loads(child.stdout.readline())
        child.stdin.write(
            '{}\n{"id": 4, "verb": "observe"}\n{"id": 5, "verb": "report", "arguments": {"problem": "full"}}\n'
        )
        child.stdin.flush()
        first, second = (json.loads(child.stdout.readline()) for _ in range(2))
        self.assertEqual((first['id'], first['result']['observation']['version']), (4, 1))
        self.assertEqual(second['id'], 5)
        self.assertIn('full', second['result']['problem'])

    def test_it_ends_with_its_input(self):
        child = self.start()
        child.stdout.readline()
        child.stdin.close()
        self.assertEqual(child.wait(5), 0)

    def test_it_ends_without_a_line_of_the_server(self):
        with tempfile.TemporaryFile('w') as output:
            read_end, write_end = os.pipe()
            self.addCleanup(os.close, write_end)
            with (
                os.fdopen(read_end) as source,
                mock.patch('hathi_node.session.__main__.SILENCE_SECONDS', 0.3),
            ):
                began = time.monotonic()
                Session({'interval_seconds': 0.1, 'directories': {}}, source, output).run()
        self.assertLess(time.monotonic() - began, 5)


if __name__ == '__main__':
    unittest.main()
