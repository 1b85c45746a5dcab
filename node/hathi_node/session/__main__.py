"""A session of the server on a node: prints the facts of the node every few seconds, and runs verbs on request.

Its input has one JSON object in each line. The first is `{"settings": …}`. The next are requests:
`{"id": 1, "verb": "report", "arguments": {…}}`, or `{}` to show that the server is still there. Its output has one
JSON object in each line: `{"observation": {…}}`, or `{"id": 1, "result": {…}}`.
"""

import contextlib
import json
import os
import select
import sys
import time

from hathi_node.dispatch import start
from hathi_node.session.facts import Facts
from hathi_node.session.postgres_facts import PostgresFacts

# The server sends a line at least every 20 s. Without one, its machine or the network is down.
SILENCE_SECONDS = 60


class Session:
    def __init__(self, settings, source=sys.stdin, output=sys.stdout):
        self.interval = settings['interval_seconds']
        self.postgres = PostgresFacts(settings['postgres']) if settings.get('postgres') else None
        self.facts = Facts(settings, self.postgres)
        self.source = source
        self.output = output
        self.rest = b''

    def write(self, line):
        self.output.write(json.dumps(line, separators=(',', ':')) + '\n')
        self.output.flush()

    def respond(self, request):
        if 'verb' not in request:
            return
        if request['verb'] == 'observe':
            result = {'observation': self.facts.read()}
        else:
            result = start({'arguments': {}, 'files': [], 'check_mode': False, **request})
        self.write({'id': request['id'], 'result': result})

    def read_requests(self):
        """The complete lines that have arrived; None after the end of the input."""
        chunk = os.read(self.source.fileno(), 65536)
        if not chunk:
            return None
        *lines, self.rest = (self.rest + chunk).split(b'\n')
        return [json.loads(line) for line in lines if line]

    def run(self):
        due = received_at = time.monotonic()
        while True:
            now = time.monotonic()
            if now - received_at > SILENCE_SECONDS:
                return
            if now >= due:
                # After a round that took long, the missed ones are left out.
                due = max(due + self.interval, now)
                self.write({'observation': self.facts.read()})
                continue
            if select.select([self.source], [], [], due - now)[0]:
                requests = self.read_requests()
                if requests is None:
                    return
                received_at = time.monotonic()
                for request in requests:
                    self.respond(request)

    def close(self):
        if self.postgres is not None:
            self.postgres.close()


def main(settings):
    session = Session(settings)
    try:
        # The server has closed the connection.
        with contextlib.suppress(BrokenPipeError):
            session.run()
    finally:
        session.close()
