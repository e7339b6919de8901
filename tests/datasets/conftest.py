"""A file server for what the fetchers download."""

import functools
import http.server
import threading

import pytest


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and counts the requests."""

    def do_GET(self):
        self.server.requests.append(self.path)
        super().do_GET()

    def log_message(self, *arguments):
        """Be silent."""


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Serve the folder `server.folder` at `server.url`; `server.requests` lists the paths that were asked for."""
    folder = tmp_path / "served"
    folder.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder)) as server:
        server.folder, server.requests = folder, []
        server.url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
