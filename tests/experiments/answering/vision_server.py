"""A tiny vision-language model behind `transformers serve`, and a proxy that logs requests and can hold one back."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SERVE = Path(__file__).parents[1] / "generation" / "serve_vision.py"


@contextmanager
def served_model(folder: Path) -> Iterator[str]:
    """The address of a server that has the model of this folder, made here; it is up when this returns."""
    from tests.trainers.trl.tiny_vision import processor, save_model

    save_model("qwen2_5_vl", folder)
    processor("qwen2_5_vl").save_pretrained(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(SERVE), "serve", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    with subprocess.Popen(
        [*command, "--device", "cpu"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            _wait_for(f"http://127.0.0.1:{port}", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def _wait_for(address: str, server: subprocess.Popen[bytes], seconds: float = 180.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(f"{address}/health", timeout=1).close()
            return
        except OSError:
            assert server.poll() is None, "the server has ended"
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


class LoggingProxy:
    """Hands requests on to a server, logs them, and holds one back for as long as a test likes."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.log: list[dict[str, Any]] = []
        self.hold_from: int | None = None
        self.held = threading.Event()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                proxy.log.append(json.loads(body))
                if proxy.hold_from is not None and len(proxy.log) >= proxy.hold_from:
                    proxy.held.set()
                    return  # whoever asked is to be killed
                request = urllib.request.Request(
                    proxy.target + self.path, body, {"content-type": "application/json"}, method="POST"
                )
                try:
                    with urllib.request.urlopen(request) as answer:
                        status, content = answer.status, answer.read()
                except urllib.error.HTTPError as error:
                    status, content = error.code, error.read()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def openai(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> LoggingProxy:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
