"""A webhook receiver in a process of its own, which accepts everything and checks the order.

`python -m bench.webhook_receiver` prints its port.
GET answers {"received": n, "misplaced": n, "doubled": n}.
"""

import asyncio
import json
from collections import defaultdict
from typing import Any, ClassVar

_TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"


class ReceivingProtocol(asyncio.Protocol):
    """``last`` is the last received number by the endpoint's path."""

    last: ClassVar[defaultdict[bytes, int]] = defaultdict(int)
    received: ClassVar[int] = 0
    misplaced: ClassVar[int] = 0
    doubled: ClassVar[int] = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, rest = self._buffer.partition(b"\r\n\r\n")
            length = next(
                (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
            )
            if len(rest) < length:
                return
            body, self._buffer = rest[:length], rest[length:]
            self._transport.write(self._answer(head.split(b" ", 2)[1], body) if body else _summary())

    def _answer(self, path: bytes, body: bytes) -> bytes:
        message: Any = json.loads(body)
        number, before = message["data"]["number"], ReceivingProtocol.last[path]
        ReceivingProtocol.received += 1
        ReceivingProtocol.doubled += number == before
        ReceivingProtocol.misplaced += number not in (before, before + 1)
        ReceivingProtocol.last[path] = number
        return _TAKEN


def _summary() -> bytes:
    data = {
        "received": ReceivingProtocol.received,
        "misplaced": ReceivingProtocol.misplaced,
        "doubled": ReceivingProtocol.doubled,
    }
    body = json.dumps(data).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(ReceivingProtocol, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
