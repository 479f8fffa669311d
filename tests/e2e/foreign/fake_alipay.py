"""Alipay's gateway and cashier on loopback. Signatures are checked and made by the PyPI package python-alipay-sdk.

    python fake_alipay.py --folder DIR

DIR gets the keys and settings.{json,toml} of an account that speaks to it. Beside the gateway: `GET /qr/{number}` (what a
wallet shows for a code), `POST /_mode`, `GET /_books`.
"""

import csv
import io
import json
import secrets
import urllib.parse
import zipfile
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from alipay import AliPay
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fake_common import Answer, Fake, main, page, redirect

APP, SELLER, PAYER = "2021000000000001", "2088000000000001", "2088123456789012"
BEIJING = timezone(timedelta(hours=8))
FEE = Decimal("0.006")
CENT = Decimal("0.01")


def now():
    return datetime.now(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def words(query):
    return dict(urllib.parse.parse_qsl(query, keep_blank_values=True))


def pair():
    """A private key and its public half, as PEM."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


class No(Exception):
    def __init__(self, sub, code="40004"):
        self.sub, self.code = sub, code


class InGbk(zipfile.ZipInfo):
    """A file in a zip whose name is in GBK, as Alipay's are; nothing in the zip says so."""

    def _encodeFilenameFlags(self):
        return self.filename.encode("gbk"), self.flag_bits


class Alipay(Fake):
    def __init__(self, arguments):
        super().__init__(arguments)
        folder = self.folder
        (app, app_public), (own, own_public), (thief, _) = pair(), pair(), pair()
        (folder / "app_private.pem").write_text(app)
        (folder / "alipay_public.pem").write_text(own_public)
        # As Alipay: signs with its own key, checks with the app's. As the app: the other way round.
        self.own = AliPay(APP, None, own, app_public)
        self.app = AliPay(APP, None, app, own_public)
        self.thief = AliPay(APP, None, thief, own_public)
        self.trades, self.holds, self.logins = {}, {}, {}

    def settings(self):
        return {
            "provider": "alipay",
            "app_id": APP,
            "seller_id": SELLER,
            "private_key": f"file:{self.folder / 'app_private.pem'}",
            "alipay_public_keys": [f"file:{self.folder / 'alipay_public.pem'}"],
            "gateway": f"{self.base}/gateway.do",
            "login": f"{self.base}/login",
            "methods": ["in_wallet", "phone_browser", "code", "score"],
        }

    def books(self):
        total = lambda name: str(sum((trade[name] for trade in self.trades.values()), Decimal(0)))
        held = sum((hold["rest"] for hold in self.holds.values()), Decimal(0))
        orders = [
            {"number": number, "status": trade["status"], "amount": str(trade["amount"]), "taken": str(trade["taken"]),
             "returned": str(trade["returned"]), "refunds": {key: str(value) for key, value in trade["refunds"].items()}}
            for number, trade in self.trades.items()
        ]
        holds = [
            {"number": number, "status": hold["status"], "amount": str(hold["amount"]), "rest": str(hold["rest"]),
             "paid": str(hold["paid"])}
            for number, hold in self.holds.items()
        ]
        sums = {"taken": total("taken"), "returned": total("returned"), "held": str(held), "fees": total("fee"),
                "currency": "CNY"}
        return {"orders": orders, "holds": holds, "sums": sums}

    # Requests.

    def checked(self, text):
        """The parameters of a request, once the SDK has verified their signature."""
        all = words(text)
        sign = all.pop("sign", "")
        message = "&".join(f"{name}={value}" for name, value in sorted(all.items()) if value != "")
        if not sign or not self.own._verify(message, sign):
            self.refuse(f"signature of {all.get('method')}")
            raise No("isv.invalid-signature", "40002")
        if all.get("app_id") != APP or all.get("sign_type") != "RSA2" or all.get("charset") != "utf-8":
            self.refuse(f"parameters of {all.get('method')}: {all}")
            raise No("isv.invalid-app-id", "40002")
        age = datetime.now(BEIJING) - datetime.strptime(all["timestamp"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
        if abs(age) > timedelta(minutes=15):
            self.refuse(f"timestamp of {all.get('method')}")
            raise No("isv.invalid-timestamp", "40002")
        return all, json.loads(all.get("biz_content", "{}"))

    def calls(self, verb, path, query, headers, body):
        if path == "/bill":
            return Answer(200, self.bill(words(query)), "application/zip")
        if path != "/gateway.do":
            return Answer(404, "no such page")
        method = words(body.decode()).get("method", "")
        try:
            parameters, content = self.checked(body.decode())
            known = getattr(self, "do_" + method.removeprefix("alipay.").replace(".", "_"), None)
            if known is None:
                raise No("isv.invalid-method", "40002")
            said = known(content, parameters)
            if method != "alipay.system.oauth.token":
                said = {"code": "10000", "msg": "Success", **said}
        except No as no:
            said = {"code": no.code, "msg": "Business Failed", "sub_code": no.sub, "sub_msg": f"没有成功/{no.sub}"}
        # Slashes escaped, as Alipay's own JSON has them: who writes it again gets another text.
        text = json.dumps(said, ensure_ascii=False).replace("/", "\\/")
        node = method.replace(".", "_") + "_response"
        return Answer(200, f'{{"{node}":{text},"sign":"{self.own._sign(text)}"}}', "text/html;charset=utf-8")

    # Trades.

    def trade(self, content, parameters):
        amount = Decimal(content["total_amount"])
        trade = self.trades.get(content["out_trade_no"])
        if trade and (trade["amount"] != amount or trade["subject"] != content["subject"]):
            raise No("ACQ.CONTEXT_INCONSISTENT")
        if trade and trade["status"] == "TRADE_CLOSED":
            raise No("ACQ.TRADE_HAS_CLOSE")
        if trade and trade["status"] == "TRADE_SUCCESS":
            raise No("ACQ.TRADE_HAS_SUCCESS")
        if any(mark in content["subject"] for mark in "/=&"):
            raise No("ACQ.INVALID_PARAMETER")
        if content.get("time_expire", "9") < now():
            raise No("ACQ.INVALID_PARAMETER")
        if not trade:
            trade = {
                "no": now()[:10].replace("-", "") + secrets.token_hex(8), "status": "WAIT_BUYER_PAY", "amount": amount,
                "subject": content["subject"], "taken": Decimal(0), "returned": Decimal(0), "fee": Decimal(0),
                "refunds": {}, "paid_at": "", "expires": content.get("time_expire", ""),
                "notify": parameters.get("notify_url", ""), "return": parameters.get("return_url", ""),
                "passback": content.get("passback_params", ""),
            }
            self.trades[content["out_trade_no"]] = trade
        return trade

    def found(self, content):
        trade = self.trades.get(content["out_trade_no"])
        if trade is None or trade.get("unscanned"):
            raise No("ACQ.TRADE_NOT_EXIST")
        return trade

    def do_trade_precreate(self, content, parameters):
        self.trade(content, parameters).setdefault("unscanned", True)
        number = content["out_trade_no"]
        return {"out_trade_no": number, "qr_code": f"{self.base}/qr/{number}"}

    def do_trade_create(self, content, parameters):
        if not content.get("buyer_id") and not content.get("buyer_open_id"):
            raise No("ACQ.BUYER_NOT_EXIST")
        return {"out_trade_no": content["out_trade_no"], "trade_no": self.trade(content, parameters)["no"]}

    def do_trade_query(self, content, _):
        trade = self.found(content)
        return {
            "out_trade_no": content["out_trade_no"], "trade_no": trade["no"], "trade_status": trade["status"],
            "total_amount": str(trade["amount"]), "receipt_amount": str(trade["taken"]), "buyer_user_id": PAYER,
            **({"send_pay_date": trade["paid_at"]} if trade["paid_at"] else {}),
        }

    def do_trade_close(self, content, _):
        trade = self.found(content)
        if trade["status"] != "WAIT_BUYER_PAY":
            raise No("ACQ.TRADE_STATUS_ERROR")
        trade["status"] = "TRADE_CLOSED"
        return {"out_trade_no": content["out_trade_no"], "trade_no": trade["no"]}

    def do_trade_refund(self, content, _):
        trade, key = self.found(content), content["out_request_no"]
        amount = Decimal(content["refund_amount"])
        if key in trade["refunds"] and trade["refunds"][key] != amount:
            raise No("ACQ.DISCORDANT_REPEAT_REQUEST")
        changed = key not in trade["refunds"]
        if changed:
            if trade["status"] != "TRADE_SUCCESS":
                raise No("ACQ.TRADE_STATUS_ERROR")
            if amount > trade["taken"] - trade["returned"]:
                raise No("ACQ.REASON_TRADE_REFUND_FEE_ERR")
            trade["refunds"][key] = amount
            trade["returned"] += amount
            if trade["returned"] == trade["taken"]:
                trade["status"] = "TRADE_CLOSED"
            self.tell_trade(content["out_trade_no"], {
                "refund_fee": str(trade["returned"]), "gmt_refund": now() + ".123", "out_biz_no": key,
            })
        return {"out_trade_no": content["out_trade_no"], "trade_no": trade["no"], "fund_change": "Y" if changed else "N",
                "refund_fee": str(trade["returned"]), "gmt_refund_pay": now()}

    def do_trade_fastpay_refund_query(self, content, _):
        trade, key = self.found(content), content["out_request_no"]
        if key not in trade["refunds"]:
            return {}
        return {"out_trade_no": content["out_trade_no"], "trade_no": trade["no"], "out_request_no": key,
                "refund_amount": str(trade["refunds"][key]), "refund_status": "REFUND_SUCCESS", "gmt_refund_pay": now()}

    def do_system_oauth_token(self, _, parameters):
        if parameters.get("grant_type") != "authorization_code" or parameters.get("code") not in self.logins:
            raise No("isv.code-invalid", "40002")
        return {"user_id": self.logins.pop(parameters["code"]), "access_token": secrets.token_hex(16)}

    # Holds.

    def do_fund_auth_order_voucher_create(self, content, parameters):
        number, amount = content["out_order_no"], Decimal(content["amount"])
        if "category" not in json.loads(content["extra_param"]) or content["product_code"] != "PRE_AUTH":
            raise No("ACQ.INVALID_PARAMETER")
        known = self.holds.setdefault(number, {
            "no": now()[:10].replace("-", "") + secrets.token_hex(8), "status": "INIT", "amount": amount,
            "rest": Decimal(0), "paid": Decimal(0), "notify": parameters["notify_url"], "at": "",
        })
        if known["amount"] != amount:
            raise No("ACQ.CONTEXT_INCONSISTENT")
        return {"out_order_no": number, "out_request_no": content["out_request_no"], "code_type": "qrcode",
                "code_value": f"{self.base}/qr/{number}"}

    def hold(self, content):
        by = [hold for number, hold in self.holds.items()
              if number == content.get("out_order_no") or hold["no"] == content.get("auth_no")]
        if not by:
            raise No("AUTH_ORDER_NOT_EXIST")
        return by[0]

    def said_of_hold(self, number, hold):
        return {
            "out_order_no": number, "out_request_no": number, "auth_no": hold["no"], "status": hold["status"],
            "operation_type": "FREEZE", "amount": str(hold["amount"]), "total_freeze_amount": str(hold["amount"]),
            "rest_amount": str(hold["rest"]), "total_pay_amount": str(hold["paid"]), "payer_user_id": PAYER,
            "gmt_trans": hold["at"],
        }

    def do_fund_auth_operation_detail_query(self, content, _):
        return self.said_of_hold(content["out_order_no"], self.hold(content))

    def do_fund_auth_operation_cancel(self, content, _):
        hold = self.hold(content)
        if hold["paid"]:
            raise No("ORDER_ALREADY_FINISH")
        action = "close" if hold["status"] == "INIT" else "unfreeze"
        hold["status"], hold["rest"] = ("CLOSED" if action == "close" else hold["status"]), Decimal(0)
        return {"out_order_no": content["out_order_no"], "auth_no": hold["no"], "action": action}

    def do_fund_auth_order_unfreeze(self, content, _):
        hold = self.hold(content)
        if hold["paid"] or not hold["rest"]:
            raise No("ORDER_ALREADY_FINISH")
        if Decimal(content["amount"]) != hold["rest"]:
            raise No("ACQ.INVALID_PARAMETER")
        hold["rest"] = Decimal(0)
        self.tell_hold(next(number for number, other in self.holds.items() if other is hold), "UNFREEZE")
        return {"auth_no": hold["no"], "status": "SUCCESS", "amount": content["amount"]}

    def do_trade_pay(self, content, parameters):
        hold, amount = self.hold(content), Decimal(content["total_amount"])
        if content["auth_confirm_mode"] != "COMPLETE" or content["product_code"] != "PREAUTH_PAY":
            raise No("ACQ.INVALID_PARAMETER")
        if hold["paid"]:
            raise No("ACQ.TRADE_HAS_SUCCESS")
        if amount > hold["rest"]:
            raise No("ACQ.TOTAL_FEE_EXCEED")
        trade = self.trade(content, parameters)
        hold["paid"], hold["rest"] = amount, Decimal(0)
        self.paid(content["out_trade_no"])
        return {"out_trade_no": content["out_trade_no"], "trade_no": trade["no"], "total_amount": content["total_amount"]}

    # Paying.

    def paid(self, number):
        trade = self.trades[number]
        trade.pop("unscanned", None)
        trade.update(status="TRADE_SUCCESS", taken=trade["amount"], paid_at=now())
        trade["fee"] = (trade["amount"] * FEE).quantize(CENT)
        self.tell_trade(number, {})

    def tell_trade(self, number, more):
        trade = self.trades[number]
        self.tell(f"trade {number}", trade["notify"], {
            "notify_type": "trade_status_sync", "out_trade_no": number, "trade_no": trade["no"],
            "trade_status": trade["status"], "total_amount": str(trade["amount"]), "buyer_id": PAYER,
            "seller_id": SELLER, "gmt_payment": trade["paid_at"], "subject": trade["subject"],
            "passback_params": trade["passback"], **more,
        })

    def tell_hold(self, number, kind):
        hold = self.holds[number]
        self.tell(f"hold {number}", hold["notify"], {
            **self.said_of_hold(number, hold), "notify_type": f"fund_auth_{kind.lower()}", "operation_type": kind,
            "payee_user_id": SELLER,
        })

    def tell(self, name, url, said):
        form = {"notify_id": secrets.token_hex(16), "notify_time": now(), "charset": "utf-8", "version": "1.0",
                "app_id": APP, "auth_app_id": APP, **said}
        form = {name: value for name, value in form.items() if value != ""}
        message = "&".join(f"{name}={value}" for name, value in sorted(form.items()))
        sign = self.own._sign(message)
        assert self.app.verify({**form, "sign_type": "RSA2"}, sign), "the SDK would not take this notification"

        def make(forged):
            signed = {**form, "sign": self.thief._sign(message) if forged else sign, "sign_type": "RSA2"}
            kind = "application/x-www-form-urlencoded; charset=utf-8"
            return url, {"content-type": kind}, urllib.parse.urlencode(signed).encode()

        if url:
            self.notify(name, make)

    def took(self, status, text):
        return status == 200 and text == "success"

    # The cashier and the wallet.

    def pages(self, verb, path, query, body):
        parts = path.strip("/").split("/")
        if path == "/gateway.do" and verb == "GET":
            with self.lock:
                try:
                    parameters, content = self.checked(query)
                    if parameters["method"] not in ("alipay.trade.wap.pay", "alipay.trade.page.pay"):
                        raise No("isv.invalid-method")
                    self.trade(content, parameters)
                except No as no:
                    return Answer(400, f"<h1>Alipay</h1><p id='error'>{no.sub}</p>")
            return self.cashier(content["out_trade_no"])
        if parts[0] == "qr" and len(parts) == 2:
            return self.cashier(parts[1])
        if path == "/login":
            asked = words(query)
            code = secrets.token_hex(16)
            self.logins[code] = PAYER
            mark = "&" if "?" in asked["redirect_uri"] else "?"
            return redirect(f"{asked['redirect_uri']}{mark}app_id={APP}&auth_code={code}&state={asked['state']}")
        if parts[0] == "cashier" and verb == "POST" and len(parts) == 3:
            with self.lock:
                return self.pressed(parts[1], parts[2])
        return None

    def cashier(self, number):
        with self.lock:
            order = self.trades.get(number) or self.holds.get(number)
            if order is None:
                return Answer(404, "<h1>Alipay</h1><p id='error'>no such order</p>")
            order.pop("unscanned", None)
        lines = [f"<b id='amount'>¥{order['amount']}</b>", order.get("subject", "芝麻免押")]
        return page("Alipay", lines, [("Pay", "pay", f"/cashier/pay/{number}"), ("Cancel", "cancel", f"/cashier/cancel/{number}")])

    def pressed(self, button, number):
        trade, hold = self.trades.get(number), self.holds.get(number)
        back = (trade or {}).get("return", "")
        if button == "pay" and hold and hold["status"] == "INIT":
            hold.update(status="SUCCESS", rest=hold["amount"], at=now())
            self.tell_hold(number, "FREEZE")
        elif button == "pay" and trade and trade["status"] == "WAIT_BUYER_PAY" and not (trade["expires"] and trade["expires"] < now()):
            self.paid(number)
        elif button == "pay":
            return Answer(409, "<h1>Alipay</h1><p id='error'>this order cannot be paid any more</p>")
        return redirect(back) if back else page("Alipay", ["done" if button == "pay" else "cancelled"], [])

    # Bills.

    def do_data_dataservice_bill_downloadurl_query(self, content, _):
        if not any(trade["paid_at"].startswith(content["bill_date"]) for trade in self.trades.values()):
            raise No("isp.bill_not_exist")
        asked = urllib.parse.urlencode({"date": content["bill_date"], "kind": content["bill_type"]})
        return {"bill_download_url": f"{self.base}/bill?{asked}"}

    def bill(self, asked):
        out = io.StringIO()
        write = csv.writer(out, lineterminator="\r\n").writerow
        out.write(f"#支付宝业务明细查询\r\n#账号：[{SELLER}0156]\r\n#起始日期：[{asked['date']}]\r\n")
        out.write("#-----------------------------------------业务明细列表----------------------------------------\r\n")
        write("支付宝交易号 商户订单号 业务类型 商品名称 创建时间 完成时间 门店编号 门店名称 操作员 终端号 对方账户 订单金额（元） "
              "商家实收（元） 支付宝红包（元） 集分宝（元） 支付宝优惠（元） 商家优惠（元） 券核销金额（元） 券名称 商家红包消费金额（元） "
              "卡消费金额（元） 退款批次号/请求号 服务费（元） 分润（元） 备注".split(" "))
        rows = []
        for number, trade in self.trades.items():
            if not trade["paid_at"].startswith(asked["date"]):
                continue
            line = lambda kind, amount, key, fee: [
                trade["no"] + "\t", number + "\t", kind, trade["subject"], trade["paid_at"], trade["paid_at"], "", "", "",
                "", "pay***@example.com", amount, amount, "0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00", "0.00",
                key, fee, "0.00", "",
            ]
            rows.append(line("交易", trade["taken"], "", -trade["fee"]))
            for key, amount in trade["refunds"].items():
                rows.append(line("退款", -amount, key, (amount * FEE).quantize(CENT)))
        for row in rows:
            write(row)
        out.write("#-----------------------------------------业务明细列表结束------------------------------------\r\n")
        for kind, what in (("交易", "商家实收"), ("退款", "商家实收退款")):
            sums = [Decimal(row[12]) for row in rows if row[2] == kind]
            out.write(f"#{kind}合计：{len(sums)}笔，{what}共{sum(sums, Decimal('0.00'))}元\r\n")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
            name = f"{SELLER}0156_{asked['date'].replace('-', '')}_业务明细.csv"
            file.writestr(InGbk(name), out.getvalue().encode("gbk"))
        return packed.getvalue()


if __name__ == "__main__":
    main(Alipay)
