"""Opens a station's WebSocket with the PyPI package `websockets`."""

import base64

import websockets


def connect(url: str, password: str, subprotocol: str):
    """Connects to URL (its last part is the identity) with Basic authentication."""
    identity = url.rsplit("/", 1)[1]
    credentials = base64.b64encode(f"{identity}:{password}".encode()).decode()
    return websockets.connect(
        url, subprotocols=[subprotocol], additional_headers={"Authorization": f"Basic {credentials}"}, proxy=None,
        open_timeout=60, ping_timeout=60,
    )
