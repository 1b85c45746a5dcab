"""HTTPS with the certificate of the node."""

import json
import re
import socket
import ssl

REQUEST_SECONDS = 3


class Caller:
    """HTTPS with JSON, and with this node's certificate: Patroni's REST API and etcd's gateway."""

    def __init__(self, ca, certificate, key):
        self.context = ssl.create_default_context(cafile=ca)
        self.context.load_cert_chain(certificate, key)
        # Of the newest connection; None before the first.
        self.peer_certificate = None

    def request(self, address, port, method, path, body=None, seconds=REQUEST_SECONDS, until=None):
        """Returns (status, response). Without a response, the status is 0 and the response is the reason.

        A response without end is read until the received bytes satisfy `until`. HTTP/1.0,
        where a response comes in one piece: `http.client` costs more to import than the rest of a program
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
                self.peer_certificate = connection.getpeercert()
                connection.sendall(head.encode() + payload)
                # The length is checked as well, because etcd's port for members often stays open.
                while not is_whole(received) and (chunk := connection.recv(65536)):
                    received += chunk
                    if until is not None and until(received):
                        break
        except OSError as error:
            return 0, reason_of(error)
        first, _, rest = received.partition(b'\r\n')
        words = first.split()
        if len(words) < 2 or not words[1].isdigit():
            return 0, 'no response'
        text = rest.partition(b'\r\n\r\n')[2].decode(errors='replace')
        try:
            return int(words[1]), json.loads(text)
        except ValueError:
            return int(words[1]), text


def reason_of(error):
    """Part of a sentence, without the number or the place in a source file that Python adds."""
    if isinstance(error, TimeoutError):
        return 'no response in time'
    return re.sub(r'^\[SSL[^]]*\] | \(_ssl\.c:\d+\)$', '', error.strerror or str(error))


def is_whole(response):
    """Whether the body has the length of its header. False if the header has none."""
    head, end, body = response.partition(b'\r\n\r\n')
    for line in head.split(b'\r\n') if end else ():
        name, _, value = line.partition(b':')
        if name.lower() == b'content-length':
            return len(body) >= int(value)
    return False
