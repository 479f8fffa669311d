"""What a station does with files: fetches firmware, with a connection that breaks off and is taken up again, and brings logs."""

import hashlib
import http.client
from urllib.parse import urlsplit

CUT_AFTER = 50_000
LOG = bytes(n % 251 for n in range(120_000))


def _connection(url: str) -> tuple[http.client.HTTPConnection, str]:
    parts = urlsplit(url)
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=30), parts.path


def fetch(url: str) -> dict:
    """Fetches a file in two pieces; gives its length and SHA-256."""
    first, path = _connection(url)
    first.request("GET", path)
    answer = first.getresponse()
    assert answer.status == 200, answer.status
    start = answer.read(CUT_AFTER)
    first.close()
    second, path = _connection(url)
    second.request("GET", path, headers={"Range": f"bytes={len(start)}-", "If-Range": answer.getheader("ETag")})
    rest = second.getresponse()
    assert rest.status == 206, rest.status
    whole = start + rest.read()
    second.close()
    return {"event": "fetched", "bytes": len(whole), "sha256": hashlib.sha256(whole).hexdigest()}


def bring(url: str) -> dict:
    """Brings the log; gives its length."""
    connection, path = _connection(url)
    connection.request("PUT", path + "foreign.log", body=LOG)
    answer = connection.getresponse()
    assert answer.status in (200, 201), answer.status
    connection.close()
    return {"event": "brought", "bytes": len(LOG)}
