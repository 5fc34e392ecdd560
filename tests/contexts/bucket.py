"""A bucket as S3 has them, on this machine: gives objects out of a folder, whole or in part."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import vedro

__all__ = ("open_bucket",)


def open_bucket(folder: Path) -> str:
    """Serve `folder/bucket/object` until the scenario ends; return the address of the service."""

    class Objects(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, *, with_body: bool) -> None:
            contents = (folder / self.path.lstrip("/").partition("?")[0]).read_bytes()
            part = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            first, last = (int(part[1]), min(int(part[2]), len(contents) - 1)) if part else (0, len(contents) - 1)
            self.send_response(206 if part else 200)
            self.send_header("Content-Length", str(last + 1 - first))
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(contents)}")
            self.send_header("Last-Modified", "Mon, 26 Jan 2026 10:00:00 GMT")
            self.send_header("ETag", '"1"')
            self.end_headers()
            if with_body:
                self.wfile.write(contents[first : last + 1])

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Objects)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    vedro.defer(thread.join)
    vedro.defer(server.server_close)
    vedro.defer(server.shutdown)
    return f"http://127.0.0.1:{server.server_port}"
