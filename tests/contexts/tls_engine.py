"""The real engine behind TLS, as `dockerd --tlsverify` would serve it: certificates of our own, and a relay."""

import select
import shutil
import socket
import ssl
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

import vedro

from tests.contexts.engine import no_engine

__all__ = (
    "NO_TLS_ENGINE",
    "Authority",
    "TlsEngine",
    "no_tls_engine",
)

NO_TLS_ENGINE: Final = "no Docker engine at /var/run/docker.sock, or no openssl to make certificates"

_SOCKET: Final = Path("/var/run/docker.sock")
_NEW_KEY: Final = ("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
_OF_AUTHORITY: Final = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n"
_OF_PEER: Final = (
    "basicConstraints=CA:FALSE\nsubjectAltName=IP:127.0.0.1\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
)


def no_tls_engine() -> bool:
    """Tell whether scenarios over TLS are to be skipped."""
    return no_engine() or not _SOCKET.is_socket() or shutil.which("openssl") is None


class Authority:
    """Who signs certificates; `folder` holds what a client needs, under the names that Docker gives them."""

    def __init__(self) -> None:
        self.folder = Path(vedro.create_tmp_dir())
        self._make("ca", _OF_AUTHORITY, "-signkey", "ca-key.pem")
        for name in ("server", "client"):
            self._make(name, _OF_PEER, "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial")
        (self.folder / "client.pem").rename(self.folder / "cert.pem")
        (self.folder / "client-key.pem").rename(self.folder / "key.pem")

    def _make(self, name: str, extensions: str, *signer: str) -> None:
        (self.folder / "extensions").write_text(extensions)
        self._openssl(*_NEW_KEY, "-subj", f"/CN={name}", "-keyout", f"{name}-key.pem", "-out", "request")
        lasting = ("-days", "2", "-extfile", "extensions")
        self._openssl("x509", "-req", "-in", "request", *signer, *lasting, "-out", f"{name}.pem")

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)


class TlsEngine:
    """Listens on a port until the scenario ends, and lets only those in whose certificate the authority signed."""

    def __init__(self, authority: Authority) -> None:
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.folder / "ca.pem")
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._context.load_cert_chain(authority.folder / "server.pem", authority.folder / "server-key.pem")
        self._listener = socket.create_server(("127.0.0.1", 0))
        vedro.defer(self._listener.close)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def environment(self, authority: Authority) -> dict[str, str]:
        """Return what tells a client to come here with the certificates of an authority."""
        return {
            "DOCKER_HOST": f"tcp://127.0.0.1:{self.port}",
            "DOCKER_TLS_VERIFY": "1",
            "DOCKER_CERT_PATH": str(authority.folder),
            # The Docker SDK would believe these, where they are set, and not the authority.
            "REQUESTS_CA_BUNDLE": "",
            "CURL_CA_BUNDLE": "",
        }

    def _serve(self) -> None:
        with suppress(OSError):  # the scenario has ended
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        with (
            suppress(OSError),
            self._context.wrap_socket(client, server_side=True) as peer,
            socket.socket(socket.AF_UNIX) as engine,
        ):
            engine.connect(str(_SOCKET))
            # One thread for both directions: two may not use a TLS socket at once.
            while True:
                ready = [peer] if peer.pending() else select.select([peer, engine], [], [])[0]
                for source, sink in ((peer, engine), (engine, peer)):
                    if source in ready:
                        if not (content := source.recv(65536)):
                            return
                        sink.sendall(content)
