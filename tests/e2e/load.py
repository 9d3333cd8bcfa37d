"""Clients that count what became of their requests."""

import http.client
import threading
from dataclasses import dataclass, field


@dataclass
class Load:
    """Clients that ask again and again until nobody takes their connections."""

    port: int
    path: str = "/sleep/0.02"
    answered: int = 0
    lost: list[str] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def connect(self) -> http.client.HTTPConnection | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
        try:
            connection.connect()
        except (ConnectionError, TimeoutError):
            return None  # not accepted, so not lost
        connection.sock.settimeout(10)
        return connection

    def ask(self, connection: http.client.HTTPConnection, headers: dict[str, str]) -> bool:
        """Returns whether the connection can be used again."""
        try:
            connection.request("GET", self.path, headers=headers)
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            self.lost.append(repr(error))
            return False
        self.answered += 1
        return not response.will_close

    def ask_on_new_connections(self) -> None:
        while connection := self.connect():
            self.ask(connection, {"Connection": "close"})
            connection.close()

    def ask_on_kept_connections(self) -> None:
        while connection := self.connect():
            while self.ask(connection, {}):
                pass
            connection.close()

    def start(self, clients: int) -> None:
        for client in range(clients):
            ask = self.ask_on_new_connections if client % 2 else self.ask_on_kept_connections
            self.threads.append(threading.Thread(target=ask))
            self.threads[-1].start()

    def join(self) -> None:
        for thread in self.threads:
            thread.join(timeout=20)
        assert not any(thread.is_alive() for thread in self.threads)
