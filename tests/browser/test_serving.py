"""The command serves, on this machine alone unless there is a token."""

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from tfretrieval.browser import serve
from tfretrieval.browser.serving import is_loopback

# Serves the index of an encoder that needs no network.
SERVE = """
import sys
from tests.encoders.colours import ColourEncoder
import tfretrieval.encoders
from tfretrieval.browser import serve
tfretrieval.encoders.open_encoder = lambda index: ColourEncoder(looks=True)
serve(sys.argv[1], port=0)
"""


class Server:
    """A server in a process of its own; ``address`` ends in a slash."""

    def __init__(self, index):
        command = [sys.executable, "-c", SERVE, str(index.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        told = self.process.stdout.readline()
        self.address = re.search(r"http://\S+", told)[0]

    def get(self, path="", **headers):
        request = urllib.request.Request(self.address + path, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)


def test_it_answers_survives_a_killed_client_and_ends_with_ctrl_c(index):
    server = Server(index)
    try:
        host, port = server.address[7:-1].rsplit(":", 1)
        assert '"pictures":5' in server.get("health")
        with socket.create_connection((host, int(port))) as half:
            half.sendall(b"POST /api/search HTTP/1.1\r\nHost: localhost\r\n"
                         b"Content-Length: 1000\r\n\r\nx")  # fmt: skip
        assert '"pictures":5' in server.get("health")
        # A page from elsewhere whose name leads here.
        with pytest.raises(urllib.error.HTTPError, match="400"):
            server.get("health", Host="evil.example")
    finally:
        ended = server.stop()
    assert ended == 0


def test_other_machines_want_a_token(index):
    with pytest.raises(ValueError, match="give --token"):
        serve(index.folder, host="0.0.0.0")


def test_a_taken_port_is_told(index, monkeypatch):
    from tests.encoders.colours import ColourEncoder

    monkeypatch.setattr("tfretrieval.encoders.open_encoder", lambda index: ColourEncoder())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ValueError, match="in use"):
            serve(index.folder, port=taken.getsockname()[1])


def test_without_the_extra_it_says_what_to_install(index, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(ImportError, match=r"pip install 'tfretrieval\[search\]'"):
        serve(index.folder)


@pytest.mark.parametrize(
    "host, own", [("127.0.0.1", True), ("::1", True), ("localhost", True), ("10.0.0.1", False),
                  ("example.org", False), ("::", False)]
)  # fmt: skip
def test_which_addresses_are_this_machine(host, own):
    assert is_loopback(host) == own
