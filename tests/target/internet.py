"""An internet for tests: names and addresses at the level of sockets, all served by ports of this machine."""

import socket

SOMEWHERE = "66.235.152.1"


class Internet:
    """Resolves names to public (or any other) addresses, and connects these to loopback ports.

    A socket that is connected to such an address names it as its peer, as a real one would.
    """

    def __init__(self):
        self._addresses: dict[tuple[str, int], list[str]] = {}
        self._ports: dict[tuple[str, int], int] = {}
        self._peers: dict[tuple, str] = {}
        self._resolve = socket.getaddrinfo
        self._connect = socket.socket.connect
        self._name_peer = socket.socket.getpeername

    def host(self, name: str, port: int, served_by: int, *addresses: str) -> None:
        """Let a name lead to an address that a loopback port serves; of several, to the next at each call."""
        self._addresses[name, port] = list(addresses or (SOMEWHERE,))
        for address in self._addresses[name, port]:
            self._ports[address, port] = served_by

    def getaddrinfo(self, host, port, *args, **kwargs):
        """In place of the name service."""
        if (host, port) not in self._addresses:
            return self._resolve(host, port, *args, **kwargs)
        addresses = self._addresses[host, port]
        addresses.append(address := addresses.pop(0))
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))]

    def connect(self, sock, destination):
        """In place of a connection through the internet."""
        served_by = self._ports.get(destination) if sock.family == socket.AF_INET else None
        if served_by is None:
            return self._connect(sock, destination)
        self._connect(sock, ("127.0.0.1", served_by))
        self._peers[sock.getsockname()] = destination
        return None

    def getpeername(self, sock):
        """The address that a connection was made to."""
        return self._peers.get(sock.getsockname()) or self._name_peer(sock)
