"""What fake payment providers have in common: a server on loopback, modes of misbehaving, notifications, books."""

import argparse
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MODES = {
    "": "behave",
    "duplicate": "send every notification twice",
    "delayed": "send notifications `seconds` later",
    "forged": "send a forged notification before the true one",
    "only_forged": "send a forged notification, and never the true one",
    "reordered": "collect notifications for `seconds`, then send the last first",
    "lost": "send no notifications",
    "hang": "answer calls `seconds` later, or when the mode changes, after carrying them out",
    "500": "answer calls with 500, without carrying them out",
    "lost_answer": "carry calls out, but answer with 500",
}
RETRIES_S = [0.5, 1, 2, 4, 8]


class Answer:
    """Status, headers and bytes."""

    def __init__(self, status, body=b"", kind="text/html; charset=utf-8", **headers):
        self.status, self.kind = status, kind
        self.body = body.encode() if isinstance(body, str) else body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def as_json(status, value, **headers):
    return Answer(status, json.dumps(value, ensure_ascii=False), "application/json; charset=utf-8", **headers)


def redirect(url):
    return Answer(303, "", Location=url)


def page(title, lines, buttons):
    """A page with one form per button: (label, id, address)."""
    forms = "".join(
        f'<form method="post" action="{action}"><button id="{name}">{label}</button></form>'
        for label, name, action in buttons
    )
    text = "".join(f"<p>{line}</p>" for line in lines)
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    return Answer(200, f"<!doctype html><html><head>{head}<title>{title}</title></head><body><h1>{title}</h1>{text}{forms}</body></html>")


class Fake:
    """A provider. Subclasses have `calls(verb, path, query, headers, body) -> Answer`, `pages(…)` likewise for what
    browsers ask for (None = not a page), `sums()`, and `settings(base)`."""

    def __init__(self, arguments):
        self.folder = arguments.folder
        self.lock = threading.RLock()
        self.mode, self.seconds = "", 2.0
        self.notices, self.refused, self.collected = [], [], []
        self.asked = self.answered = 0

    # Notifications: (address, headers, body) true and forged, made when they are sent.

    def notify(self, name, make):
        """Sends `make(forged) -> (url, headers, bytes)` as the mode says; `done(status, body)` decides on repeating."""
        with self.lock:
            mode = self.mode
            if mode == "lost":
                return
            if mode == "reordered":
                self.collected.append((name, make))
                if len(self.collected) == 1:
                    threading.Timer(self.seconds, self.flush).start()
                return
        jobs = {"duplicate": [False, False], "forged": [True, False], "only_forged": [True]}.get(mode, [False])
        threading.Timer(self.seconds if mode == "delayed" else 0, self.deliver, [name, make, jobs]).start()

    def flush(self):
        with self.lock:
            collected, self.collected = self.collected[::-1], []
        for name, make in collected:
            self.deliver(name, make, [False])

    def deliver(self, name, make, jobs):
        for forged in jobs:
            for wait in [0] + ([] if forged else RETRIES_S):
                time.sleep(wait)
                url, headers, body = make(forged)
                status, text = self.post(url, headers, body)
                with self.lock:
                    self.notices.append(
                        {"name": name, "forged": forged, "status": status, "answer": text[:200], "at": time.time()}
                    )
                if self.took(status, text):
                    break

    def took(self, status, text):
        return 200 <= status < 300

    @staticmethod
    def post(url, headers, body):
        request = urllib.request.Request(url, body, headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read(4096).decode(errors="replace")
        except urllib.error.HTTPError as error:
            return error.code, error.read(4096).decode(errors="replace")
        except OSError as error:
            return 0, str(error)

    def refuse(self, why):
        """A call whose signature, key or form is wrong: remembered, so that a test can see that there was none."""
        with self.lock:
            self.refused.append(why)

    # The server.

    def handle(self, verb, path, query, headers, body):
        if path == "/_books":
            with self.lock:
                calls = {"asked": self.asked, "answered": self.answered}
                return as_json(200, {**self.books(), "notices": self.notices, "refused": self.refused, **calls})
        if path == "/_mode":
            wanted = json.loads(body or b"{}")
            if wanted.get("mode", "") not in MODES:
                return as_json(400, {"modes": MODES})
            with self.lock:
                self.mode, self.seconds = wanted.get("mode", ""), float(wanted.get("seconds", 2))
            return as_json(200, {"mode": self.mode})
        if path == "/favicon.ico":
            return Answer(204)
        shown = self.pages(verb, path, query, body)
        if shown is not None:
            return shown
        with self.lock:
            mode, seconds = self.mode, self.seconds
        if mode == "500":
            return Answer(500, "out of order")
        with self.lock:
            self.asked += 1
            answer = self.calls(verb, path, query, headers, body)
        if mode == "hang":
            until = time.monotonic() + seconds
            while self.mode == "hang" and time.monotonic() < until:
                time.sleep(0.02)
        with self.lock:
            self.answered += 1
        return Answer(500, "out of order") if mode == "lost_answer" else answer


def handler(fake):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def work(self):
            url = urllib.parse.urlsplit(self.path)
            body = self.rfile.read(min(int(self.headers.get("content-length") or 0), 1 << 20))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                answer = fake.handle(self.command, url.path, url.query, headers, body)
            except Exception as error:  # a bug of the fake, or a request that it was not made for
                fake.refuse(f"{self.command} {self.path}: {error!r}")
                answer = Answer(500, repr(error))
            self.send_response(answer.status)
            self.send_header("content-type", answer.kind)
            self.send_header("content-length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = work

        def log_message(self, *_):
            pass

    return Handler


def main(make, more=()):
    """Serves `make(arguments)` until it is killed; says on which port."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--folder", type=Path, required=True, help="for keys and settings")
    arguments.add_argument("--port", type=int, default=0)
    for name, help in more:
        arguments.add_argument(name, default="", help=help)
    arguments = arguments.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    fake = make(arguments)
    server = ThreadingHTTPServer(("127.0.0.1", arguments.port), handler(fake))
    server.daemon_threads = True
    port = server.server_address[1]
    fake.base = f"http://127.0.0.1:{port}"
    settings = fake.settings()
    (arguments.folder / "settings.json").write_text(json.dumps(settings, indent=1))
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in settings.items()]
    (arguments.folder / "settings.toml").write_text("".join(lines))
    print(f"READY port={port}", flush=True)
    server.serve_forever()
