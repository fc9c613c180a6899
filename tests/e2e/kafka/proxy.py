"""proxy.py - a TCP proxy in front of one broker (whose advertised.listeners name the proxy) that understands just enough of the Kafka
protocol to see a transaction end.

    proxy = Proxy(listen=9000, broker=9001)
    proxy.decide = lambda end: PASS          # called for each EndTxn, on the thread of its connection
    PASS         as it is
    DROP         it never arrives; the connection breaks
    CUT          it arrives and is answered; the answer never arrives; the connection breaks
"""
import collections, socket, struct, threading

PASS, DROP, CUT = "pass", "drop", "cut"
END_TXN = 26

# client: its client.id; commit: false for an abort
End = collections.namedtuple("End", "client commit")


def end_of(frame):
    """The End that a request is, or None."""
    key, version, _, size = struct.unpack(">hhih", frame[:10])
    if key != END_TXN:
        return None
    client = frame[10:10 + max(size, 0)].decode()
    # transactional id, producer id, epoch, committed; from version 3 on with a tag buffer behind
    return End(client, frame[-2 if version >= 3 else -1] != 0)


class Proxy:
    def __init__(self, listen, broker):
        self.broker, self.decide = ("127.0.0.1", broker), lambda end: PASS
        self.server = socket.socket()
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.server.bind(("127.0.0.1", listen))
        self.server.listen(100)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.server.accept()
            try:
                broker = socket.create_connection(self.broker)
            except OSError:
                client.close()
                continue
            for side in (client, broker):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = {"cut": False}
            threading.Thread(target=self.requests, args=(client, broker, connection), daemon=True).start()
            threading.Thread(target=self.answers, args=(client, broker, connection), daemon=True).start()

    @staticmethod
    def close(*sides):
        for side in sides:
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def requests(self, client, broker, connection):
        held = b""
        try:
            while chunk := client.recv(1 << 16):
                held += chunk
                while len(held) >= 4 and len(held) >= 4 + (size := struct.unpack(">i", held[:4])[0]):
                    frame, rest = held[4:4 + size], held[4 + size:]
                    end = end_of(frame)
                    what = PASS if end is None else self.decide(end)
                    if what == DROP:
                        return
                    connection["cut"] = connection["cut"] or what == CUT
                    broker.sendall(held[:4 + size])
                    held = rest
        except OSError:
            pass
        finally:
            self.close(client, broker)

    def answers(self, client, broker, connection):
        try:
            while chunk := broker.recv(1 << 16):
                if connection["cut"]:
                    return
                client.sendall(chunk)
        except OSError:
            pass
        finally:
            self.close(client, broker)
