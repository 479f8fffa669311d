"""A receiver of webhooks that verifies with the specification's own library. Prints its address, reads the secret, then prints a line
of JSON for each delivery."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook


lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        said = {"id": self.headers["webhook-id"], "trouble": ""}
        try:
            Webhook(self.server.secret).verify(body, {name.lower(): value for name, value in self.headers.items()})
            said["event"] = json.loads(body)
        except Exception as error:  # whatever it is, the test shall say so
            said["trouble"] = repr(error)
        with lock:
            print(json.dumps(said), flush=True)
        self.send_response(204)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}/hook", flush=True)
server.secret = sys.stdin.readline().strip()
server.serve_forever()
