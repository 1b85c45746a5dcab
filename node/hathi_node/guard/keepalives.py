"""The keepalives that Patroni writes to its watchdog device.

The device is a FIFO, and the driver is Patroni's `testing`: it writes `Ctimeout=<seconds>` with a newline
when it takes the lease, `1` after each renewal of the lease and each confirmed failsafe round, and `V` when
it gives the lease up. A test compares this with the writes of each supported Patroni version.
"""

import re

TOKEN = re.compile(rb'Ctimeout=(\d+)\n|1|V')
# A partial `Ctimeout=…` is kept until its newline arrives.
PARTIAL = re.compile(rb'C[a-z]*=?\d*$')


class Keepalives:
    """Parses the stream; bytes that Patroni never writes are dropped."""

    def __init__(self):
        self.rest = b''

    def feed(self, data):
        """Returns the complete messages: `('timeout', seconds)`, `('alive', None)`, `('closed', None)`."""
        text = self.rest + data
        messages: list[tuple[str, int | None]] = []
        end = 0
        for found in TOKEN.finditer(text):
            end = found.end()
            if found.group(1) is not None:
                messages.append(('timeout', int(found.group(1))))
            else:
                messages.append(('alive' if found.group() == b'1' else 'closed', None))
        partial = PARTIAL.search(text[end:])
        self.rest = partial.group() if partial else b''
        return messages
