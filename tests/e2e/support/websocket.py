# SPDX-License-Identifier: Apache-2.0
"""Just enough of a WebSocket client (RFC 6455) to sit at a console as a browser would."""
import base64
import os
import socket
import struct
from urllib.parse import urlsplit


class WebSocket:
    def __init__(self, url, protocols=('binary',), timeout=20):
        parts = urlsplit(url)
        assert parts.scheme == 'ws', url
        self.socket = socket.create_connection((parts.hostname, parts.port or 80), timeout)
        self.pending = b''
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f'GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n'
                             f'Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n'
                             f'Sec-WebSocket-Protocol: {", ".join(protocols)}\r\n\r\n').encode())
        head = b''
        while b'\r\n\r\n' not in head:
            head += self._some()
        head, self.pending = head.split(b'\r\n\r\n', 1)
        self.status = int(head.split()[1])
        assert self.status == 101, head.decode(errors='replace')

    def _some(self):
        data = self.socket.recv(65536)
        assert data, 'the other side closed'
        return data

    def _exactly(self, count):
        while len(self.pending) < count:
            self.pending += self._some()
        taken, self.pending = self.pending[:count], self.pending[count:]
        return taken

    def send(self, data):
        """One masked binary message."""
        mask = os.urandom(4)
        length = bytes([0x80 | len(data)]) if len(data) < 126 else b'\xfe' + struct.pack('>H', len(data))
        self.socket.sendall(b'\x82' + length + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def receive(self):
        """The bytes of the next message that is no ping."""
        while True:
            first, length = self._exactly(2)
            length &= 0x7f
            if length == 126:
                length = struct.unpack('>H', self._exactly(2))[0]
            elif length == 127:
                length = struct.unpack('>Q', self._exactly(8))[0]
            data = self._exactly(length)
            if first & 0x0f in (0, 1, 2):
                return data

    def read_until(self, words, limit=100_000):
        """What came until `words` were among it."""
        seen = b''
        while words not in seen and len(seen) < limit:
            seen += self.receive()
        assert words in seen, seen[-2000:]
        return seen

    def close(self):
        self.socket.close()
