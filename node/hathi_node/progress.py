"""Progress of a verb that takes long, as JSON lines."""

import json
import os
import time

# The newest line, for a reader on another connection: Ansible returns the output of a command at its end.
FILE = '/run/hathi-progress.json'
INTERVAL_SECONDS = 2


class ProgressLines:
    """Prints a line for each change, at most one in two seconds."""

    def __init__(self):
        self.last = None
        self.next = 0.0

    def report(self, **fields):
        """`fields`: `state` (text), and numbers such as `copied_bytes`. The same fields are printed once."""
        now = time.monotonic()
        if fields == self.last or now < self.next:
            return
        self.last = fields
        self.next = now + INTERVAL_SECONDS
        line = json.dumps({'progress': fields})
        print(line, flush=True)
        with open(f'{FILE}.new', 'w') as handle:
            handle.write(line)
        os.rename(f'{FILE}.new', FILE)


def clear_progress():
    """Before a verb starts: the line of an earlier one is no progress of this one."""
    if os.path.exists(FILE):
        os.unlink(FILE)
