"""nginx, serving files: the bound of what a web server can do with the same bytes."""

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.bench.measure import free_port
from tools.bench.scraper import Scraper

_CONFIGURATION = """\
daemon off;
master_process off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/errors;
events {{ worker_connections 64; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  gzip_static on;
  default_type "text/plain; version=0.0.4; charset=utf-8";
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
"""
_PATIENCE = 10.0  # seconds to start or to end


@contextmanager
def serving(program: Path, url: str) -> Iterator[str]:
    """Serve what a URL answers, plain and compressed, as files; yield the new URL."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        (folder / "files").mkdir()
        _save(url, folder / "files" / "metrics", gzip=False)
        _save(url, folder / "files" / "metrics.gz", gzip=True)
        configuration = folder / "configuration"
        configuration.write_text(_CONFIGURATION.format(folder=folder, port=port))
        command = [str(program), "-p", name, "-c", str(configuration), "-e", f"{folder}/errors"]
        process = subprocess.Popen(command)
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}/metrics"
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def _save(url: str, path: Path, *, gzip: bool) -> None:
    scraper = Scraper(url, gzip=gzip)
    with path.open("wb") as file:
        scraper.scrape(file.write)
    scraper.close()


def _wait_for(port: int) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return
