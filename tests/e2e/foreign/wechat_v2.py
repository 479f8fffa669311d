"""WeChat's side of API v2. Signatures by the PyPI package `wechatpy`."""

import gzip
import secrets
import threading
from datetime import datetime

import xmltodict
from wechatpy.pay.utils import calculate_signature, calculate_signature_hmac, dict_to_xml

from wechat_books import BEIJING, Order, Refused, compact, plain
from wechat_keys import APPID, MCHID

CALLS = ("unifiedorder", "orderquery", "closeorder", "refund", "refundquery", "downloadbill")
# Names that v2 has for errors of v3.
CODES = {"ORDER_NOT_EXIST": "ORDERNOTEXIST", "ORDER_CLOSED": "ORDERCLOSED", "RESOURCE_NOT_EXISTS": "REFUNDNOTEXIST"}
PRODUCTS = {"JSAPI": "jsapi", "MWEB": "h5", "NATIVE": "native"}


def _sign(fields: dict, key: str, hmac: bool) -> str:
    return (calculate_signature_hmac if hmac else calculate_signature)(fields, key)


def bridge_signed(given: dict, key: str) -> bool:
    fields = {name: value for name, value in given.items() if name != "paySign"}
    return _sign(fields, key, given["signType"] == "HMAC-SHA256") == given["paySign"]


def answer(fake, call: str, body: bytes) -> bytes:
    """The answer to a request, as bytes."""
    fields = {name: value or "" for name, value in xmltodict.parse(body)["xml"].items()}
    hmac = fields.get("sign_type") == "HMAC-SHA256"
    sign = fields.pop("sign", "")
    if _sign(fields, fake.keys.api_key, hmac) != sign or fields["mch_id"] != MCHID or fields["appid"] != APPID:
        fake.refused.append({"path": call, "code": "FAIL", "text": "签名错误"})
        return dict_to_xml({"return_code": "FAIL", "return_msg": "签名错误"}).encode()
    if call == "downloadbill":
        return bill(fake, fields)
    told = {"return_code": "SUCCESS", "return_msg": "OK", "appid": APPID, "mch_id": MCHID, "nonce_str": secrets.token_hex(16)}
    try:
        told |= {"result_code": "SUCCESS"} | globals()[f"_{call}"](fake, fields)
    except Refused as no:
        fake.refused.append({"path": call, "code": no.code, "text": no.text})
        told |= {"result_code": "FAIL", "err_code": CODES.get(no.code, no.code), "err_code_des": no.text}
    return dict_to_xml(told, _sign(told, fake.keys.api_key, hmac)).encode()


def _unifiedorder(fake, fields: dict) -> dict:
    kind = fields["trade_type"]
    if kind == "JSAPI" and "openid" not in fields or "?" in fields["notify_url"] or fields["fee_type"] != "CNY":
        raise Refused(400, "PARAM_ERROR", "openid, notify_url or fee_type")
    expires = datetime.strptime(fields["time_expire"], "%Y%m%d%H%M%S").replace(tzinfo=BEIJING).timestamp()
    asked = {name: value for name, value in fields.items() if name != "nonce_str"}
    order = fake.books.open(Order(
        fields["out_trade_no"], 2, PRODUCTS[kind], int(fields["total_fee"]), fields["body"], fields["notify_url"], expires,
        fields.get("openid") or "o" + secrets.token_hex(13), asked, hmac=fields.get("sign_type") == "HMAC-SHA256"))
    told = {"trade_type": kind, "prepay_id": order.key}
    if kind == "NATIVE":
        told["code_url"] = f"weixin://wxpay/bizpayurl?pr={order.key}"
    if kind == "MWEB":
        told["mweb_url"] = f"{fake.url}/pay/{order.key}?from=h5"
    return told


def paid(order: Order) -> dict:
    """A paid order, in an answer and in a notification."""
    kind = next(kind for kind, product in PRODUCTS.items() if product == order.product)
    return {
        "result_code": "SUCCESS", "openid": order.openid, "is_subscribe": "N", "trade_type": kind, "bank_type": "OTHERS",
        "total_fee": str(order.amount), "fee_type": "CNY", "cash_fee": str(order.amount), "transaction_id": order.transaction,
        "out_trade_no": order.number, "time_end": compact(order.paid_at),
    }


def _orderquery(fake, fields: dict) -> dict:
    order = fake.books.find(fields["out_trade_no"])
    told = {"out_trade_no": order.number, "trade_state": order.state, "trade_state_desc": order.state}
    return told | (paid(order) if order.transaction else {})


def _closeorder(fake, fields: dict) -> dict:
    fake.books.close(fake.books.find(fields["out_trade_no"]))
    return {}


def _refund(fake, fields: dict) -> dict:
    order = fake.books.find(fields["out_trade_no"])
    refund = fake.books.refund(
        fields["out_refund_no"], order, int(fields["refund_fee"]), int(fields["total_fee"]), fields.get("notify_url", ""))
    if refund.state == "PROCESSING":
        threading.Timer(0.1, fake.finish_refund, [refund]).start()
    return {
        "transaction_id": order.transaction, "out_trade_no": order.number, "out_refund_no": refund.number,
        "refund_id": refund.id, "refund_fee": str(refund.amount), "total_fee": str(order.amount), "cash_fee": str(order.amount),
    }


def _refundquery(fake, fields: dict) -> dict:
    refund = fake.books.refunds.get(fields["out_refund_no"])
    if refund is None:
        raise Refused(404, "RESOURCE_NOT_EXISTS")
    told = {
        "transaction_id": refund.order.transaction, "out_trade_no": refund.order.number, "total_fee": str(refund.order.amount),
        "fee_type": "CNY", "refund_count": "1", "out_refund_no_0": refund.number, "refund_id_0": refund.id,
        "refund_fee_0": str(refund.amount), "refund_status_0": refund.state, "refund_channel_0": "ORIGINAL",
    }
    return told | ({"refund_success_time_0": plain(refund.done_at)} if refund.done_at else {})


def refund_end(refund) -> dict:
    """What a refund's notification has inside."""
    return {
        "transaction_id": refund.order.transaction, "out_trade_no": refund.order.number, "refund_id": refund.id,
        "out_refund_no": refund.number, "total_fee": refund.order.amount, "refund_fee": refund.amount,
        "settlement_refund_fee": refund.amount, "refund_status": refund.state, "success_time": plain(refund.done_at),
        "refund_recv_accout": "支付用户零钱", "refund_account": "REFUND_SOURCE_UNSETTLED_FUNDS", "refund_request_source": "API",
    }


def bill(fake, fields: dict) -> bytes:
    day = f"{fields['bill_date'][:4]}-{fields['bill_date'][4:6]}-{fields['bill_date'][6:]}"
    file = fake.books.trade_bill(day, MCHID, APPID)
    if file is None:
        return b"<xml><return_code>FAIL</return_code><return_msg>No Bill Exist</return_msg><error_code>20002</error_code></xml>"
    return gzip.compress(file) if fields.get("tar_type") == "GZIP" else file
