"""WeChat Pay on loopback: API v3 and v2, the payer's pages, notifications, bills, and books of its own.

Usage: fake_wechat.py [--port 0] --folder DIR
Keys and settings are made in DIR (see wechat_keys.py); then `READY port=…` is printed.

Every request is checked with functions of the PyPI packages `wechatpayv3` and `wechatpy`; answers are signed.

For tests:
  GET  /pay/KEY            the payer's page (KEY from code_url `…?pr=KEY`, h5_url, or a prepay_id), with a button
  POST /pay/KEY?mode=…     the payer pays; `mode` says how it is notified: normal, duplicate, delayed, forged, only_forged, reordered, none
  GET  /_bridge.js         what WeChat's browser brings along: `WeixinJSBridge`, which checks `paySign` and pays
  POST /_control           {"mode": …, "delay": seconds, "flush": true} for notifications;
                           {"answers": "error"|"lost"|"unsigned"|"wrong"|"stale"|"hang", "times": n, "path": part} for answers:
                           `error` does nothing and says so with 500; the others do what was asked first
  GET  /_books /_notices /_bill?day=YYYY-MM-DD
"""

import argparse
import html
import json
import re
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from wechatpayv3.utils import rsa_verify
from wechatpy.pay.utils import calculate_signature_hmac

import wechat_v2
from wechat_books import Books, Order, Refused
from wechat_keys import APP_SECRET, APPID, MCHID, Keys
from wechat_notices import Notices, signed_headers
from wechat_v3 import V3

PAGE = """<!DOCTYPE html><html lang="zh"><meta name="viewport" content="width=device-width"><title>WeChat Pay (not the real one)</title>
<body><h1>{title}</h1><p id="amount">¥{amount}</p><p id="state">{state}</p>{form}</body></html>"""
BRIDGE = """window.WeixinJSBridge = { invoke: (method, parameters, done) =>
  fetch("%s/_bridge", { method: "POST", body: JSON.stringify({ method, parameters }) }).then(a => a.json()).then(done) };
document.dispatchEvent(new Event("WeixinJSBridgeReady"));"""


class Fake(V3):
    def __init__(self, keys: Keys):
        self.keys, self.books, self.notices = keys, Books(), Notices(keys)
        self.url, self.files, self.codes = "", {}, {}
        self.fault = {"answers": "", "times": 0, "path": ""}
        self.refused = []

    def pay(self, order: Order, mode: str | None) -> bool:
        if order.product == "score":
            if not self.books.confirm(order):
                return False
            self.notices.v3(order.notify_url, "PAYSCORE.USER_CONFIRM", self.score_told(order), mode)
            return True
        if not self.books.pay(order):
            return False
        if order.version == 2:
            self.notices.v2(order.notify_url, "paid", wechat_v2.paid(order), order.hmac, mode)
        else:
            self.notices.v3(order.notify_url, "TRANSACTION.SUCCESS", self.transaction(order), mode)
        return True

    def page(self, order: Order, back: str) -> str:
        payable = order.state == "CREATED" or (order.state == "NOTPAY" and time.time() < order.expires)
        form = f'<form method="post"><input type="hidden" name="back" value="{html.escape(back)}"><button id="pay">Pay</button></form>'
        if back:
            form += f'<a id="back" href="{html.escape(back)}">Back</a>'
        return PAGE.format(title=html.escape(order.description), amount=f"{order.amount / 100:.2f}",
                           state=order.state, form=form if payable else "")

    def bridge(self, asked: dict) -> dict:
        """What WeChat's browser does with the page's parameters: nothing unless they are signed."""
        given = asked["parameters"]
        if asked["method"] == "openBusinessView":
            query = {name: values[0] for name, values in parse_qs(given["queryString"]).items()}
            sign = query.pop("sign")
            if calculate_signature_hmac(query, self.keys.api_v3_key) != sign or query["mch_id"] != MCHID:
                return {"err_msg": "openBusinessView:fail sign"}
            return {"err_msg": "openBusinessView:ok" if self.pay(self.books.by_key(query["package"]), None) else "openBusinessView:fail"}
        key = given["package"].removeprefix("prepay_id=")
        if given["signType"] == "RSA":
            text = (f"{given['appId']}\n{given['timeStamp']}", given["nonceStr"], given["package"])
            good = rsa_verify(*text, given["paySign"], self.keys.merchant.public_key())
        else:
            good = wechat_v2.bridge_signed(given, self.keys.api_key)
        good = good and given["appId"] == APPID and self.pay(self.books.by_key(key), None)
        return {"err_msg": f"get_brand_wcpay_request:{'ok' if good else 'fail'}"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: Fake

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.handle_one()

    def do_POST(self):
        self.handle_one()

    def handle_one(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        try:
            if url.path.startswith("/v3/"):
                self.answer_v3(url.path, query, body)
            elif url.path.startswith(("/pay/", "/secapi/pay/")) and url.path.rsplit("/", 1)[1] in wechat_v2.CALLS:
                self.answer_v2(url.path, body)
            else:
                self.answer_others(url.path, query, body)
        except Refused as no:
            self.fake.refused.append({"path": self.path, "code": no.code, "text": no.text})
            self.send_json(no.status, {"code": no.code, "message": no.text})
        except (KeyError, ValueError, TypeError) as error:
            self.fake.refused.append({"path": self.path, "code": "PARAM_ERROR", "text": repr(error)})
            self.send_json(400, {"code": "PARAM_ERROR", "message": repr(error)})

    def fault(self, path: str) -> str:
        fault = self.fake.fault
        if fault["times"] <= 0 or fault["path"] not in path:
            return ""
        fault["times"] -= 1
        return fault["answers"]

    def answer_v3(self, path: str, query: dict, body: bytes):
        fault = self.fault(path)
        try:
            self.fake.check_v3(self.command, self.path, self.headers, body)
            if fault == "error":
                raise Refused(500, "SYSTEM_ERROR", "played")
            status, told = self.fake.v3(self.command, path, query, json.loads(body or b"{}"))
        except Refused as no:
            self.fake.refused.append({"path": self.path, "code": no.code, "text": no.text})
            status, told = no.status, {"code": no.code, "message": no.text}
        if isinstance(told, bytes):
            self.send(status, {"Content-Type": "application/octet-stream"}, told)
            return
        text = "" if told is None else json.dumps(told, ensure_ascii=False)
        headers = signed_headers(self.fake.keys, text)
        if fault == "unsigned":
            headers = {}
        elif fault == "wrong":
            headers = signed_headers(self.fake.keys, text, key=rsa.generate_private_key(public_exponent=65537, key_size=2048))
        elif fault == "stale":
            headers = signed_headers(self.fake.keys, text, at=time.time() - 600)
        elif fault == "hang":
            time.sleep(60)
        if fault == "lost":
            self.close_connection = True
            return
        self.send(status, headers | {"Content-Type": "application/json"}, text.encode())

    def answer_v2(self, path: str, body: bytes):
        fault = self.fault(path)
        if fault == "error":
            self.send(502, {"Content-Type": "text/html"}, b"<html>")
            return
        answer = wechat_v2.answer(self.fake, path.rsplit("/", 1)[1], body)
        if fault == "hang":
            time.sleep(60)
        if fault == "lost":
            self.close_connection = True
            return
        if fault in ("unsigned", "wrong"):
            answer = re.sub(rb"<sign>.*?</sign>", b"<sign>0</sign>" if fault == "wrong" else b"", answer)
        self.send(200, {"Content-Type": "text/plain"}, answer)

    def answer_others(self, path: str, query: dict, body: bytes):
        fake = self.fake
        if path == "/connect/oauth2/authorize":
            if "MicroMessenger/" not in self.headers.get("User-Agent", ""):
                raise Refused(403, "NOT_WECHAT", "请在微信客户端打开链接")
            code = secrets.token_hex(16)
            fake.codes[code] = "o" + secrets.token_hex(13)
            joint = "&" if "?" in query["redirect_uri"] else "?"
            self.send(302, {"Location": f"{query['redirect_uri']}{joint}code={code}&state={quote(query.get('state', ''))}"}, b"")
        elif path == "/sns/oauth2/access_token":
            openid = fake.codes.pop(query["code"], None) if query["secret"] == APP_SECRET else None
            told = {"openid": openid, "scope": "snsapi_base"} if openid else {"errcode": 40029, "errmsg": "invalid code"}
            self.send(200, {"Content-Type": "text/plain"}, json.dumps(told).encode())
        elif path.startswith("/pay/"):
            order, given = fake.books.by_key(path.removeprefix("/pay/")), parse_qs(body.decode())
            back = query.get("redirect_url") or given.get("back", [""])[0]
            paid = self.command == "POST" and fake.pay(order, query.get("mode"))
            if paid and back:
                self.send(303, {"Location": back}, b"")
            else:
                status = 409 if self.command == "POST" and not paid else 200
                self.send(status, {"Content-Type": "text/html; charset=utf-8"}, fake.page(order, back).encode())
        elif path == "/_bridge":
            self.send_json(200, fake.bridge(json.loads(body)))
        elif path == "/_bridge.js":
            self.send(200, {"Content-Type": "text/javascript"}, (BRIDGE % fake.url).encode())
        elif path == "/_control":
            self.control(json.loads(body))
        elif path == "/_books":
            self.send_json(200, fake.books.sums() | {"refused": fake.refused})
        elif path == "/_notices":
            self.send_json(200, fake.notices.log)
        elif path == "/favicon.ico":
            self.send(204, {}, b"")
        elif path == "/_bill":
            self.send(200, {"Content-Type": "text/csv"}, fake.books.trade_bill(query["day"], MCHID, APPID) or b"")
        else:
            self.send_json(404, {})

    def control(self, asked: dict):
        fake = self.fake
        fake.notices.mode = asked.get("mode", fake.notices.mode)
        fake.notices.delay = asked.get("delay", fake.notices.delay)
        if "answers" in asked:
            fake.fault = {"answers": asked["answers"], "times": asked.get("times", 1), "path": asked.get("path", "")}
        if asked.get("flush"):
            fake.notices.flush()
        self.send_json(200, {})

    def send_json(self, status: int, told):
        self.send(status, {"Content-Type": "application/json"}, json.dumps(told, ensure_ascii=False).encode())

    def send(self, status: int, headers: dict, body: bytes):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Access-Control-Allow-Origin", "*")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    fake = Fake(Keys(options.folder.absolute()))
    Handler.fake = fake
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    server.daemon_threads = True
    port = server.server_address[1]
    fake.url = f"http://127.0.0.1:{port}"
    fake.keys.write_settings(fake.url)
    print(f"READY port={port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
