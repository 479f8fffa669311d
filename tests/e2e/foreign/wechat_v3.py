"""WeChat's side of API v3. Our requests' signatures are checked by the PyPI package `wechatpayv3`."""

import gzip
import hashlib
import re
import secrets
import threading
import time
from datetime import datetime
from urllib.parse import unquote

from wechatpayv3.utils import rsa_verify

import wechat_v2
from wechat_books import Books, Order, Refused, compact, stamp
from wechat_keys import APPID, MCHID, SERIAL, SERVICE_ID


class V3:
    """Needs `keys`, `books`, `notices`, `url` and `files`."""

    def check_v3(self, method: str, target: str, headers, body: bytes):
        scheme, _, rest = headers.get("Authorization", "").partition(" ")
        said = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        if scheme != "WECHATPAY2-SHA256-RSA2048" or said.get("mchid") != MCHID or said.get("serial_no") != f"{SERIAL:X}":
            raise Refused(401, "SIGN_ERROR", "Authorization")
        if not headers.get("User-Agent") or headers.get("Accept") != "application/json":
            raise Refused(400, "PARAM_ERROR", "User-Agent and Accept are needed")
        if abs(time.time() - int(said["timestamp"])) > 300:
            raise Refused(401, "SIGN_ERROR", "timestamp")
        text = (f"{method}\n{target}\n{said['timestamp']}", said["nonce_str"], body.decode())
        if not rsa_verify(*text, said["signature"], self.keys.merchant.public_key()):
            raise Refused(401, "SIGN_ERROR", "signature")

    def v3(self, method: str, path: str, query: dict, body: dict):
        """The answer's status and JSON, or bytes of a file."""
        if made := re.fullmatch(r"/v3/pay/transactions/(native|jsapi|h5)", path):
            return 200, self.prepay(made[1], body)
        if found := re.fullmatch(r"/v3/pay/transactions/out-trade-no/([^/]+)", path):
            self.own(query)
            return 200, self.transaction(self.books.find(unquote(found[1])))
        if closed := re.fullmatch(r"/v3/pay/transactions/out-trade-no/([^/]+)/close", path):
            self.own(body)
            self.books.close(self.books.find(unquote(closed[1])))
            return 204, None
        if path == "/v3/refund/domestic/refunds":
            return 200, self.refund(body)
        if asked := re.fullmatch(r"/v3/refund/domestic/refunds/([^/]+)", path):
            refund = self.books.refunds.get(unquote(asked[1]))
            if refund is None:
                raise Refused(404, "RESOURCE_NOT_EXISTS")
            return 200, self.refund_told(refund)
        if path.startswith("/v3/payscore/serviceorder"):
            return 200, self.score(method, path, query, body)
        if path in ("/v3/bill/tradebill", "/v3/bill/fundflowbill"):
            return 200, self.bill(path, query)
        if path == "/v3/billdownload/file":
            return 200, self.files[query["token"]]
        raise Refused(404, "RESOURCE_NOT_EXISTS", path)

    def own(self, fields: dict):
        if fields.get("mchid") != MCHID:
            raise Refused(400, "PARAM_ERROR", "mchid")

    def prepay(self, product: str, body: dict) -> dict:
        self.own(body)
        if body["appid"] != APPID or not re.fullmatch(r"[0-9A-Za-z_\-|*]{6,32}", body["out_trade_no"]):
            raise Refused(400, "PARAM_ERROR", "appid or out_trade_no")
        amount, notify = body["amount"], body["notify_url"]
        if amount.get("currency", "CNY") != "CNY" or type(amount["total"]) is not int or amount["total"] <= 0:
            raise Refused(400, "PARAM_ERROR", "amount")
        if "?" in notify or len(notify) > 255 or len(body["description"]) > 127:
            raise Refused(400, "PARAM_ERROR", "notify_url or description")
        if product == "jsapi" and not body.get("payer", {}).get("openid"):
            raise Refused(400, "PARAM_ERROR", "payer.openid")
        if product == "h5" and not body.get("scene_info", {}).get("payer_client_ip"):
            raise Refused(400, "PARAM_ERROR", "scene_info")
        openid = body.get("payer", {}).get("openid") or "o" + secrets.token_hex(13)
        order = self.books.open(Order(
            body["out_trade_no"], 3, product, amount["total"], body["description"], notify,
            datetime.fromisoformat(body["time_expire"]).timestamp(), openid, body))
        return {
            "native": {"code_url": f"weixin://wxpay/bizpayurl?pr={order.key}"},
            "jsapi": {"prepay_id": order.key},
            "h5": {"h5_url": f"{self.url}/pay/{order.key}?from=h5"},
        }[product]

    def transaction(self, order: Order) -> dict:
        told = {
            "appid": APPID, "mchid": MCHID, "out_trade_no": order.number, "trade_state": order.state,
            "trade_state_desc": order.state, "amount": {"total": order.amount, "currency": "CNY"}, "payer": {},
        }
        if order.transaction:
            kind = {"jsapi": "JSAPI", "h5": "MWEB", "native": "NATIVE"}[order.product]
            told |= {"transaction_id": order.transaction, "trade_type": kind, "bank_type": "OTHERS", "attach": "",
                     "success_time": stamp(order.paid_at), "payer": {"openid": order.openid}}
            told["amount"] |= {"payer_total": order.amount, "payer_currency": "CNY"}
        return told

    def refund(self, body: dict) -> dict:
        if "transaction_id" in body:
            orders = [order for order in self.books.orders.values() if order.transaction == body["transaction_id"]]
            if not orders:
                raise Refused(404, "RESOURCE_NOT_EXISTS")
            order = orders[0]
        else:
            order = self.books.find(body["out_trade_no"])
        amount = body["amount"]
        refund = self.books.refund(body["out_refund_no"], order, amount["refund"], amount["total"], body.get("notify_url", ""))
        told = self.refund_told(refund)
        if refund.state == "PROCESSING":
            threading.Timer(0.1, self.finish_refund, [refund]).start()
        return told

    def finish_refund(self, refund):
        self.books.finish(refund)
        if not refund.notify_url:
            return
        if refund.order.version == 2:
            self.notices.v2_refund(refund.notify_url, wechat_v2.refund_end(refund))
            return
        told = self.refund_told(refund)
        told["refund_status"] = told.pop("status")
        told |= {"mchid": MCHID, "user_received_account": "支付用户零钱"}
        del told["amount"]["currency"]
        self.notices.v3(refund.notify_url, "REFUND.SUCCESS", told)

    def refund_told(self, refund) -> dict:
        told = {
            "refund_id": refund.id, "out_refund_no": refund.number, "transaction_id": refund.order.transaction,
            "out_trade_no": refund.order.number, "channel": "ORIGINAL", "status": refund.state, "create_time": stamp(refund.at),
            "amount": {"total": Books.taken(refund.order), "refund": refund.amount, "payer_total": Books.taken(refund.order),
                       "payer_refund": refund.amount, "currency": "CNY"},
        }
        if refund.done_at:
            told["success_time"] = stamp(refund.done_at)
        return told

    def score(self, method: str, path: str, query: dict, body: dict) -> dict:
        fields = body or query
        if fields.get("appid") != APPID or fields.get("service_id") != SERVICE_ID:
            raise Refused(400, "PARAM_ERROR", "appid or service_id")
        if path == "/v3/payscore/serviceorder" and method == "POST":
            amount = body["risk_fund"]["amount"]
            names = [line["name"] for line in body["post_payments"]]
            if amount <= 0 or not body["need_user_confirm"] or names != ["计费规则"]:
                raise Refused(400, "PARAM_ERROR", "risk_fund, need_user_confirm or post_payments")
            order = Order(body["out_order_no"], 3, "score", amount, body["service_introduction"], body["notify_url"],
                          time.time() + 30 * 86400, "o" + secrets.token_hex(13), body, state="CREATED")
            if self.books.open(order) is not order:
                raise Refused(400, "ORDER_EXISTS")
            return self.score_told(order) | {"package": order.key}
        if path == "/v3/payscore/serviceorder":
            return self.score_told(self.books.find(query["out_order_no"]))
        number, action = path.removeprefix("/v3/payscore/serviceorder/").split("/")
        order = self.books.find(unquote(number))
        if action == "cancel":
            self.books.cancel(order)
            return {"appid": APPID, "mchid": MCHID, "out_order_no": order.number, "service_id": SERVICE_ID, "order_id": order.key}
        lines = sum(line.get("amount", 0) for line in body["post_payments"])
        if lines != body["total_amount"] or "end_time" not in body["time_range"]:
            raise Refused(400, "PARAM_ERROR", "post_payments or time_range")
        self.books.complete(order, body["total_amount"])
        # As it is before the debit.
        told = self.score_told(order)
        threading.Timer(0.1, self.debit, [order]).start()
        return told

    def debit(self, order: Order):
        if self.books.debit(order):
            self.notices.v3(order.notify_url, "PAYSCORE.USER_PAID", self.score_told(order))

    def score_told(self, order: Order) -> dict:
        told = {
            "appid": APPID, "mchid": MCHID, "out_order_no": order.number, "service_id": SERVICE_ID, "order_id": order.key,
            "state": order.state, "risk_fund": {"name": "ESTIMATE_ORDER_COST", "amount": order.amount}, "openid": order.openid,
        }
        if order.state == "DOING":
            told["state_description"] = "USER_CONFIRM" if order.total is None else "MCH_COMPLETE"
        if order.total is not None:
            told["total_amount"] = order.total
            paid = order.total if order.transaction else 0
            told["collection"] = {"state": "USER_PAID" if paid else "USER_PAYING", "total_amount": order.total,
                                  "paid_amount": paid, "paying_amount": order.total - paid}
            if paid:
                told["collection"]["details"] = [{"seq": 1, "amount": paid, "paid_type": "NEWTON",
                                                  "paid_time": compact(order.paid_at), "transaction_id": order.transaction}]
        return told

    def bill(self, path: str, query: dict) -> dict:
        trades = path.endswith("tradebill")
        day = query["bill_date"]
        file = self.books.trade_bill(day, MCHID, APPID) if trades else self.books.fund_bill(day)
        if file is None:
            raise Refused(400, "NO_STATEMENT_EXIST")
        token = secrets.token_urlsafe(16)
        self.files[token] = gzip.compress(file) if query.get("tar_type") == "GZIP" else file
        return {"hash_type": "SHA1", "hash_value": hashlib.sha1(file).hexdigest(),
                "download_url": f"{self.url}/v3/billdownload/file?token={token}"}
