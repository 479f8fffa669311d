"""What WeChat knows of orders and refunds, and the bills it makes of them. Sums of its own, to compare ours with."""

import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal

BEIJING = timezone(timedelta(hours=8))
RATE = Decimal("0.006")


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, BEIJING).isoformat(timespec="seconds")


def compact(at: float) -> str:
    return datetime.fromtimestamp(at, BEIJING).strftime("%Y%m%d%H%M%S")


def plain(at: float) -> str:
    return datetime.fromtimestamp(at, BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def day_of(at: float) -> str:
    return datetime.fromtimestamp(at, BEIJING).strftime("%Y-%m-%d")


def yuan(fen: int) -> str:
    return f"{Decimal(fen) / 100:.2f}"


def fee(fen: int) -> int:
    """In fen, a half up."""
    return int((Decimal(fen) * RATE).quantize(Decimal(1), ROUND_HALF_UP))


class Refused(Exception):
    """An error with a status and a code of WeChat's."""

    def __init__(self, status: int, code: str, text: str = ""):
        super().__init__(code)
        self.status, self.code, self.text = status, code, text or code


@dataclass
class Order:
    number: str
    version: int
    product: str
    amount: int
    description: str
    notify_url: str
    expires: float
    openid: str
    asked: dict
    key: str = field(default_factory=lambda: "wx" + secrets.token_hex(17))
    state: str = "NOTPAY"
    transaction: str = ""
    paid_at: float = 0
    hmac: bool = False
    # Pay score only.
    total: int | None = None
    confirmed: bool = False


@dataclass
class Refund:
    number: str
    order: Order
    amount: int
    notify_url: str
    at: float
    id: str = field(default_factory=lambda: "5030" + str(secrets.randbelow(10**24)).zfill(24))
    state: str = "PROCESSING"
    done_at: float = 0


class Books:
    def __init__(self):
        self.lock = threading.RLock()
        self.orders: dict[str, Order] = {}
        self.refunds: dict[str, Refund] = {}

    def open(self, order: Order) -> Order:
        with self.lock:
            known = self.orders.get(order.number)
            if known is None:
                self.orders[order.number] = order
                return order
            if known.asked != order.asked:
                raise Refused(400, "INVALID_REQUEST", "201 商户订单号重复")
            if known.state != "NOTPAY":
                raise Refused(403, "ORDERPAID" if known.transaction else "ORDER_CLOSED")
            return known

    def find(self, number: str) -> Order:
        with self.lock:
            if number not in self.orders:
                raise Refused(404, "ORDER_NOT_EXIST")
            return self.orders[number]

    def by_key(self, key: str) -> Order:
        with self.lock:
            for order in self.orders.values():
                if order.key == key:
                    return order
        raise Refused(404, "ORDER_NOT_EXIST")

    def pay(self, order: Order) -> bool:
        """The payer presses the button. False if it cannot be paid (any more)."""
        with self.lock:
            if order.state != "NOTPAY" or time.time() > order.expires:
                return False
            order.state, order.paid_at = "SUCCESS", time.time()
            order.transaction = "42000" + str(secrets.randbelow(10**23)).zfill(23)
            return True

    def close(self, order: Order):
        with self.lock:
            if order.transaction:
                raise Refused(400, "ORDERPAID")
            order.state = "CLOSED"

    def confirm(self, order: Order) -> bool:
        """The payer confirms a service order."""
        with self.lock:
            if order.state != "CREATED":
                return False
            order.state, order.confirmed = "DOING", True
            return True

    def complete(self, order: Order, total: int):
        with self.lock:
            if order.state != "DOING" or order.total is not None:
                raise Refused(400, "INVALID_ORDER_STATE")
            if not 0 < total <= order.amount:
                raise Refused(400, "PARAM_ERROR", "total_amount")
            order.total = total

    def debit(self, order: Order) -> bool:
        with self.lock:
            if order.total is None or order.transaction:
                return False
            order.state, order.paid_at = "DONE", time.time()
            order.transaction = "42000" + str(secrets.randbelow(10**23)).zfill(23)
            return True

    def cancel(self, order: Order):
        with self.lock:
            if order.total is not None or order.state not in ("CREATED", "DOING"):
                raise Refused(400, "ORDER_CANCELED" if order.state == "REVOKED" else "INVALID_ORDER_STATE")
            order.state = "REVOKED"

    def refund(self, number: str, order: Order, amount: int, total: int, notify_url: str) -> Refund:
        with self.lock:
            known = self.refunds.get(number)
            if known is not None:
                if (known.order is not order) or known.amount != amount:
                    raise Refused(400, "INVALID_REQUEST", "the refund was made with another amount")
                return known
            if not order.transaction:
                raise Refused(403, "TRADE_ERROR", "not paid")
            if total != self.taken(order):
                raise Refused(400, "INVALID_REQUEST", "total does not fit")
            given = sum(refund.amount for refund in self.refunds.values() if refund.order is order)
            if amount <= 0 or given + amount > total:
                raise Refused(400, "INVALID_REQUEST", "more than was taken")
            refund = self.refunds[number] = Refund(number, order, amount, notify_url, time.time())
            if order.state == "SUCCESS":
                order.state = "REFUND"
            return refund

    def finish(self, refund: Refund):
        with self.lock:
            refund.state, refund.done_at = "SUCCESS", time.time()

    @staticmethod
    def taken(order: Order) -> int:
        return order.total if order.total is not None else order.amount

    def sums(self) -> dict:
        with self.lock:
            paid = [order for order in self.orders.values() if order.transaction]
            back = [refund for refund in self.refunds.values() if refund.state == "SUCCESS"]
            return {
                "orders": len(self.orders),
                "paid": len(paid),
                "held": sum(order.amount for order in self.orders.values() if order.confirmed and order.state == "DOING"),
                "taken_fen": sum(self.taken(order) for order in paid),
                "refunds": len(back),
                "refunded_fen": sum(refund.amount for refund in back),
                "fees_fen": sum(fee(self.taken(order)) for order in paid) - sum(fee(refund.amount) for refund in back),
                "by_order": {
                    order.number: {"state": order.state, "taken": self.taken(order) if order.transaction else 0,
                                   "refunded": sum(refund.amount for refund in back if refund.order is order)}
                    for order in self.orders.values()
                },
            }

    def trade_bill(self, day: str, mchid: str, appid: str) -> bytes | None:
        """The bill of a day, or None where nothing happened."""
        head = ("交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
                "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,"
                "费率,订单金额,申请退款金额,费率备注")
        with self.lock:
            rows = []
            paid = [order for order in self.orders.values() if order.transaction and day_of(order.paid_at) == day]
            back = [refund for refund in self.refunds.values() if day_of(refund.at) == day]
            kind = {"jsapi": "JSAPI", "h5": "MWEB", "native": "NATIVE", "score": "PAYSCORE"}
            for order in paid:
                sum_ = self.taken(order)
                rows.append([plain(order.paid_at), appid, mchid, "0", "", order.transaction, order.number, order.openid,
                             kind[order.product], "SUCCESS", "OTHERS", "CNY", yuan(sum_), "0.00", "0", "0", "0.00", "0.00", "", "",
                             order.description, "", f"{Decimal(fee(sum_)) / 100:.5f}", "0.60%", yuan(sum_), "0.00", ""])
            for refund in back:
                order = refund.order
                rows.append([plain(refund.at), appid, mchid, "0", "", order.transaction, order.number, order.openid,
                             kind[order.product], "REFUND", "OTHERS", "CNY", "0.00", "0.00", refund.id, refund.number,
                             yuan(refund.amount), "0.00", "ORIGINAL", refund.state, order.description, "",
                             f"{Decimal(-fee(refund.amount)) / 100:.5f}", "0.60%", "0.00", yuan(refund.amount), ""])
            if not rows:
                return None
            taken, given = sum(map(self.taken, paid)), sum(refund.amount for refund in back)
            fees = sum(fee(self.taken(order)) for order in paid) - sum(fee(refund.amount) for refund in back)
            sums = [str(len(rows)), yuan(taken), yuan(given), "0.00", f"{Decimal(fees) / 100:.5f}", yuan(taken), yuan(given)]
            return _file(head, rows, "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额", sums)

    def fund_bill(self, day: str) -> bytes | None:
        head = ("记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,"
                "业务凭证号")
        with self.lock:
            moves = []
            for order in self.orders.values():
                if order.transaction and day_of(order.paid_at) == day:
                    moves.append((order.paid_at, order.transaction, "交易", "收入", self.taken(order), order.number))
                    moves.append((order.paid_at, order.transaction, "扣除交易手续费", "支出", fee(self.taken(order)), order.number))
            for refund in self.refunds.values():
                if day_of(refund.at) == day:
                    moves.append((refund.at, refund.id, "退款", "支出", refund.amount - fee(refund.amount), refund.number))
        if not moves:
            return None
        balance, rows = 0, []
        for count, (at, id_, kind, way, sum_, number) in enumerate(sorted(moves)):
            balance += sum_ if way == "收入" else -sum_
            rows.append([plain(at), id_, f"{id_}{count}", kind, kind, way, yuan(sum_), yuan(balance), "system", "", number])
        ins = [move[4] for move in moves if move[3] == "收入"]
        outs = [move[4] for move in moves if move[3] == "支出"]
        sums = [str(len(moves)), str(len(ins)), yuan(sum(ins)), str(len(outs)), yuan(sum(outs))]
        return _file(head, rows, "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额", sums)


def _file(head: str, rows: list, sum_head: str, sums: list) -> bytes:
    lines = [head] + [",".join("`" + value for value in row) for row in rows]
    lines += [sum_head, ",".join("`" + value for value in sums)]
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()
