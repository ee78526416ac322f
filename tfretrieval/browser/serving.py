"""Serves an index until it is stopped."""

from __future__ import annotations

import contextlib
import io
import ipaddress
import os
import socket

from PIL import Image

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(
    index: str | os.PathLike[str],
    host: str = "127.0.0.1",
    port: int = 8000,
    token: str | None = None,
) -> int:
    """Serves the page and the API of an index; Ctrl-C ends it.

    Args:
        index: its folder.
        host: address; every other than this machine's own wants a token.
        port: 0 for a free one.
        token: what clients must give.

    Raises:
        ValueError: a host beyond this machine without a token, or what opening the index refuses.
        ImportError: the extra ``search`` is not installed.
    """
    outside = not is_loopback(host)
    if outside and not token:
        raise ValueError(
            f"--host {host} lets others in: give --token, which they must give too, or leave "
            "--host out"
        )
    try:
        import uvicorn
        from starlette.middleware.trustedhost import TrustedHostMiddleware

        from tfretrieval.browser.app import application
    except ImportError as error:
        raise ImportError(
            f"serve wants the extra search ({error.name} is missing): pip install "
            "'tfretrieval[search]'"
        ) from error
    from tfretrieval.encoders import open_encoder
    from tfretrieval.search import PictureIndex

    opened = PictureIndex(index)
    if not len(opened.codes):
        raise ValueError(f"{index} holds no codes yet: let index finish first")
    encoder = open_encoder(opened)
    # The first picture builds the graph: not while somebody waits.
    encoder.encode([_some_picture()])
    app = application(opened, encoder, token)
    if not outside:
        # A page from elsewhere that calls itself by a name of this machine is no visitor.
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK, "[::1]"])
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            # Before the address is told: who comes at once waits.
            listening.listen()
        except OSError as error:
            raise ValueError(f"--host {host} --port {port}: {error.strerror}") from error
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listening.getsockname()[1]}/"
        print(
            f"{len(opened)} pictures at {address}{'?token=' + token if token else ''}", flush=True
        )
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, timeout_keep_alive=5, limit_concurrency=512
        )
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])
    return 0


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _some_picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG")
    return buffer.getvalue()
