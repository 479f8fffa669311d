"""Stripe's API and Checkout on loopback. Parameters are checked against the types of the PyPI package stripe, its pinned
version of the API too, and every event against its `Webhook.construct_event`.

    python fake_stripe.py --folder DIR --notify URL

DIR gets settings.{json,toml} of an account that speaks to it. `--notify` (or `POST /_notify {"url": …}`) is where events
go. Beside the API: `GET /c/pay/{session}`, `POST /_present/{reader} {"card": "ok"}` (or `cancel`, or a
decline code), `POST /_pre_authorise {"amount": …, "currency": …}` (a station's own terminal), `POST /_mode`, `GET /_books`.
"""

import csv
import hashlib
import hmac
import io
import json
import re
import secrets
import sys
import time
import typing
import urllib.parse
from decimal import Decimal

import stripe
from fake_common import Answer, Fake, as_json, main, page, redirect
from stripe import params
from stripe._api_version import _ApiVersion
from stripe.params import checkout, reporting, terminal

CARD = {"brand": "visa", "last4": "4242", "country": "DE", "fingerprint": "Xt5EWLLDS7FJjR1c"}
READERS = {"tmr_1", "tmr_2", "tmr_busy", "tmr_off"}
KNOWN = [
    ("POST", r"/v1/checkout/sessions", "session_create", checkout.SessionCreateParams),
    ("GET", r"/v1/checkout/sessions/(\w+)", "session", checkout.SessionRetrieveParams),
    ("POST", r"/v1/checkout/sessions/(\w+)/expire", "session_expire", checkout.SessionExpireParams),
    ("POST", r"/v1/payment_intents", "intent_create", params.PaymentIntentCreateParams),
    ("GET", r"/v1/payment_intents", "intent_list", params.PaymentIntentListParams),
    ("GET", r"/v1/payment_intents/search", "intent_search", params.PaymentIntentSearchParams),
    ("GET", r"/v1/payment_intents/(pi_\w+)", "intent", params.PaymentIntentRetrieveParams),
    ("POST", r"/v1/payment_intents/(\w+)/capture", "capture", params.PaymentIntentCaptureParams),
    ("POST", r"/v1/payment_intents/(\w+)/cancel", "cancel", params.PaymentIntentCancelParams),
    ("POST", r"/v1/payment_intents/(\w+)/increment_authorization", "increment",
     params.PaymentIntentIncrementAuthorizationParams),
    ("POST", r"/v1/refunds", "refund_create", params.RefundCreateParams),
    ("GET", r"/v1/refunds", "refund_list", params.RefundListParams),
    ("GET", r"/v1/refunds/(\w+)", "refund", params.RefundRetrieveParams),
    ("GET", r"/v1/terminal/readers/(\w+)", "reader", terminal.ReaderRetrieveParams),
    ("POST", r"/v1/terminal/readers/(\w+)/process_payment_intent", "process",
     terminal.ReaderProcessPaymentIntentParams),
    ("POST", r"/v1/terminal/readers/(\w+)/cancel_action", "cancel_action", terminal.ReaderCancelActionParams),
    ("POST", r"/v1/reporting/report_runs", "report_create", reporting.ReportRunCreateParams),
    ("GET", r"/v1/reporting/report_runs", "report_list", reporting.ReportRunListParams),
    ("GET", r"/v1/files/(\w+)/contents", "file", None),
]


class No(Exception):
    def __init__(self, status, kind, code="", message="", **more):
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "message": message or code, **more}}


def invalid(code, message="", **more):
    return No(400, "invalid_request_error", code, message, **more)


def nested(text):
    """A form with brackets as objects; lists by their numbers."""
    out = {}
    for name, value in urllib.parse.parse_qsl(text, keep_blank_values=True):
        at, *keys = re.findall(r"[^\[\]]+", name)
        place = out
        for key in [at, *keys][:-1]:
            place = place.setdefault(key, {})
        place[[at, *keys][-1]] = value

    def lists(value):
        if not isinstance(value, dict):
            return value
        if value and all(key.isdigit() for key in value):
            return [lists(value[key]) for key in sorted(value, key=int)]
        return {key: lists(inner) for key, inner in value.items()}

    return lists(out)


def fits(given, known, where=""):
    """Every name is one that the SDK's type has."""
    module = vars(sys.modules[known.__module__])
    for name, value in given.items():
        note = known.__annotations__.get(name)
        if note is None:
            raise invalid("parameter_unknown", f"Received unknown parameter: {where}{name}", param=f"{where}{name}")
        text = getattr(note, "__forward_arg__", str(note))
        inner = next((module[word] for word in re.findall(r"\w+", text) if typing.is_typeddict(module.get(word))), None)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict) and inner and "Dict[str" not in text:
                fits(one, inner, f"{where}{name}.")


class Stripe(Fake):
    def __init__(self, arguments):
        super().__init__(arguments)
        self.key, self.secret = f"sk_test_{secrets.token_hex(12)}", f"whsec_{secrets.token_hex(16)}"
        self.sessions, self.intents, self.charges, self.refunds, self.runs, self.readers = {}, {}, {}, {}, {}, {}
        self.replies = {}
        self.url = arguments.notify

    def settings(self):
        return {
            "provider": "stripe", "secret_key": self.key, "webhook_secrets": [self.secret], "base_url": self.base,
            "files_url": self.base, "methods": ["hosted", "terminal", "on_file"], "raises": True,
        }

    def books(self):
        intents = self.intents.values()
        total = lambda name: sum(intent[name] for intent in intents)
        held = sum(intent["amount_capturable"] for intent in intents)
        returned = sum(refund["amount"] for refund in self.refunds.values() if refund["status"] == "succeeded")
        orders = [
            {"number": intent["metadata"].get("attempt", ""), "id": intent["id"], "status": intent["status"],
             "amount": intent["amount"], "taken": intent["amount_received"], "held": intent["amount_capturable"]}
            for intent in intents
        ]
        fees = sum(self.fee(intent["amount_received"]) for intent in intents if intent["amount_received"])
        return {"orders": orders, "sums": {"taken": total("amount_received"), "returned": returned, "held": held, "fees": fees}}

    @staticmethod
    def fee(amount):
        return amount * 15 // 1000 + 25

    # Calls.

    def calls(self, verb, path, query, headers, body):
        text = body.decode() if verb == "POST" else query
        try:
            if headers.get("authorization") != f"Bearer {self.key}":
                raise No(401, "invalid_request_error", "", "Invalid API Key provided")
            if headers.get("stripe-version") != _ApiVersion.CURRENT:
                raise invalid("version", f"this is {_ApiVersion.CURRENT}")
            if verb == "POST" and headers.get("content-type") != "application/x-www-form-urlencoded":
                raise invalid("content_type", "a form is needed")
            key = headers.get("idempotency-key")
            if verb == "POST" and key:
                return self.once(key, verb, path, text)
            return self.carried_out(verb, path, text)
        except No as no:
            self.refuse(f"{verb} {path}: {no.body['error']}")
            return as_json(no.status, no.body)

    def once(self, key, verb, path, text):
        """The same key again is answered as the first time; with another request it is an error."""
        if len(key) > 255:
            raise invalid("idempotency_key", "too long")
        known = self.replies.get(key)
        if known and known[0] != (path, text):
            raise No(400, "idempotency_error", "", "Keys for idempotent requests can only be used with the same parameters")
        if known:
            return as_json(known[1], known[2], idempotent_replayed="true")
        answer = self.carried_out(verb, path, text)
        self.replies[key] = ((path, text), answer.status, json.loads(answer.body))
        return answer

    def carried_out(self, verb, path, text):
        for known_verb, pattern, name, kind in KNOWN:
            match = re.fullmatch(pattern, path)
            if match and verb == known_verb:
                given = nested(text)
                if kind:
                    fits(given, kind)
                try:
                    answer = getattr(self, name)(*match.groups(), given)
                except No as no:
                    if no.status == 402:  # carried out, and declined
                        return as_json(402, no.body)
                    raise
                return answer if isinstance(answer, Answer) else as_json(200, answer)
        raise No(404, "invalid_request_error", "", f"Unrecognized request URL ({verb}: {path})")

    def one(self, table, id):
        if id not in table:
            raise No(404, "invalid_request_error", "resource_missing", f"No such object: '{id}'")
        return table[id]

    # Checkout.

    def session_create(self, given):
        left = int(given["expires_at"]) - time.time()
        if not 30 * 60 <= left <= 24 * 3600 + 60:
            raise invalid("", "expires_at must be between 30 minutes and 24 hours from now", param="expires_at")
        item = given["line_items"][0]["price_data"]
        id = f"cs_test_{secrets.token_hex(16)}"
        self.sessions[id] = {
            "id": id, "object": "checkout.session", "status": "open", "payment_status": "unpaid", "livemode": False,
            "mode": given["mode"], "url": f"{self.base}/c/pay/{id}", "amount_total": int(item["unit_amount"]),
            "currency": item["currency"], "client_reference_id": given["client_reference_id"],
            "metadata": given["metadata"], "payment_intent": None, "expires_at": int(given["expires_at"]),
            "success_url": given["success_url"], "cancel_url": given["cancel_url"], "_given": given,
        }
        return self.shown(self.sessions[id], given)

    def session(self, id, given):
        return self.shown(self.one(self.sessions, id), given)

    def session_expire(self, id, given):
        session = self.one(self.sessions, id)
        if session["status"] != "open":
            raise invalid("", 'Only Checkout Sessions with a status in ["open"] can be expired')
        session["status"], session["url"] = "expired", None
        self.event("checkout.session.expired", session)
        return self.shown(session, given)

    def shown(self, object, given):
        """An object as Stripe shows it: links followed as far as they were asked for."""
        out = {name: value for name, value in object.items() if not name.startswith("_")}
        for path in given.get("expand", []):
            at, *rest = path.removeprefix("data.").split(".")
            table = {"payment_intent": self.intents, "latest_charge": self.charges}.get(at, {})
            if out.get(at) in table:
                out[at] = self.shown(table[out[at]], {"expand": [".".join(rest)] if rest else []})
        return out

    # PaymentIntents.

    def intent_create(self, given):
        if "confirm" in given and given.get("off_session") != "true":
            raise invalid("off_session", "a debit without the payer is off_session")
        intent = self.new_intent(int(given["amount"]), given["currency"], given)
        if given.get("confirm") == "true":
            trouble = {"pm_declined": ("card_declined", "insufficient_funds"), "pm_auth": ("authentication_required", "authentication_required")}
            if given["payment_method"] in trouble:
                code, decline = trouble[given["payment_method"]]
                error = {"type": "card_error", "code": code, "decline_code": decline, "message": "Your card was declined."}
                intent["last_payment_error"] = error
                self.event("payment_intent.payment_failed", intent)
                more = {name: value for name, value in error.items() if name not in ("type", "code", "message")}
                raise No(402, "card_error", code, error["message"], payment_intent=self.shown(intent, {}), **more)
            self.confirmed(intent, "card")
        return self.shown(intent, given)

    def new_intent(self, amount, currency, given):
        id = f"pi_{secrets.token_hex(12)}"
        self.intents[id] = {
            "id": id, "object": "payment_intent", "status": "requires_payment_method", "amount": amount,
            "amount_capturable": 0, "amount_received": 0, "currency": currency, "livemode": False,
            "capture_method": given.get("capture_method", "automatic"), "metadata": given.get("metadata", {}),
            "created": int(time.time()), "latest_charge": None, "last_payment_error": None,
            "customer": given.get("customer"), "payment_method": given.get("payment_method"),
            "setup_future_usage": given.get("setup_future_usage"),
        }
        return self.intents[id]

    def confirmed(self, intent, kind):
        later = intent["capture_method"] == "manual"
        charge = f"ch_{secrets.token_hex(12)}"
        card = {**CARD, "capture_before": int(time.time()) + (2 if kind == "card_present" else 7) * 86400}
        self.charges[charge] = {
            "id": charge, "object": "charge", "status": "succeeded", "created": int(time.time()), "captured": not later,
            "payment_method_details": {"type": kind, kind: card if later else CARD},
        }
        intent.update(latest_charge=charge, status="requires_capture" if later else "succeeded", last_payment_error=None)
        intent["amount_capturable" if later else "amount_received"] = intent["amount"]
        self.event("payment_intent.amount_capturable_updated" if later else "payment_intent.succeeded", intent)

    def intent(self, id, given):
        return self.shown(self.one(self.intents, id), given)

    def intent_list(self, given):
        since = int(given.get("created", {}).get("gte", 0))
        ours = [intent for intent in self.intents.values()
                if intent["customer"] == given.get("customer", intent["customer"]) and intent["created"] >= since]
        return {"object": "list", "url": "/v1/payment_intents", "has_more": False,
                "data": [self.shown(intent, given) for intent in ours]}

    def intent_search(self, given):
        wanted = re.fullmatch(r'metadata\["attempt"\]:"([\w-]+)"', given["query"])
        ours = [intent for intent in self.intents.values() if intent["metadata"].get("attempt") == wanted[1]]
        return {"object": "search_result", "has_more": False, "data": [self.shown(intent, given) for intent in ours]}

    def in_state(self, id, *states):
        intent = self.one(self.intents, id)
        if intent["status"] not in states:
            raise invalid("payment_intent_unexpected_state", f"its status is {intent['status']}",
                          payment_intent=self.shown(intent, {"expand": ["latest_charge"]}))
        return intent

    def capture(self, id, given):
        intent = self.in_state(id, "requires_capture")
        amount = int(given["amount_to_capture"])
        if not 0 < amount <= intent["amount_capturable"]:
            raise invalid("amount_too_large")
        intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
        self.event("payment_intent.succeeded", intent)
        return self.shown(intent, given)

    def cancel(self, id, given):
        intent = self.in_state(id, "requires_payment_method", "requires_capture", "requires_action")
        intent.update(status="canceled", amount_capturable=0)
        self.event("payment_intent.canceled", intent)
        return self.shown(intent, given)

    def increment(self, id, given):
        intent = self.in_state(id, "requires_capture")
        if int(given["amount"]) <= intent["amount"]:
            raise invalid("amount_too_small")
        intent.update(amount=int(given["amount"]), amount_capturable=int(given["amount"]))
        return self.shown(intent, given)

    # Terminals.

    def reader(self, id, given):
        if id not in READERS:
            raise No(404, "invalid_request_error", "resource_missing", f"No such reader: {id}")
        return {"id": id, "object": "terminal.reader", "livemode": False, "status": "online",
                "action": self.readers.get(id)}

    def at_work(self, id):
        return (self.readers.get(id) or {}).get("status") == "in_progress"

    def process(self, id, given):
        self.reader(id, {})
        if id == "tmr_off":
            raise invalid("terminal_reader_offline", "Reader is currently offline")
        if id == "tmr_busy" or self.at_work(id):
            raise invalid("terminal_reader_busy", "Reader is currently busy")
        self.in_state(given["payment_intent"], "requires_payment_method")
        self.readers[id] = {
            "type": "process_payment_intent", "status": "in_progress", "failure_code": None, "failure_message": None,
            "process_payment_intent": {"payment_intent": given["payment_intent"]}}
        return self.reader(id, {})

    def cancel_action(self, id, given):
        self.reader(id, {})
        self.readers.pop(id, None)
        return self.reader(id, {})

    def acted(self, id, code="", text=""):
        """What the reader did is over."""
        action = self.readers[id]
        action.update(status="failed" if code else "succeeded", failure_code=code or None, failure_message=text or None)
        self.event(f"terminal.reader.action_{action['status']}", self.reader(id, {}))

    # Refunds.

    def refund_create(self, given):
        intent, amount = self.one(self.intents, given["payment_intent"]), int(given["amount"])
        given_back = sum(one["amount"] for one in self.refunds.values() if one["payment_intent"] == intent["id"])
        if intent["status"] != "succeeded" or given_back == intent["amount_received"]:
            raise invalid("charge_already_refunded")
        if given_back + amount > intent["amount_received"]:
            raise invalid("amount_too_large")
        id = f"re_{secrets.token_hex(12)}"
        self.refunds[id] = {"id": id, "object": "refund", "status": "succeeded", "amount": amount, "created": int(time.time()),
                            "currency": intent["currency"], "payment_intent": intent["id"], "metadata": given["metadata"]}
        self.event("refund.created", self.refunds[id])
        return self.refunds[id]

    def refund(self, id, given):
        return self.one(self.refunds, id)

    def refund_list(self, given):
        ours = [one for one in self.refunds.values() if one["payment_intent"] == given["payment_intent"]]
        return {"object": "list", "url": "/v1/refunds", "has_more": False, "data": ours}

    # Reports: one asking after it is made, it is ready.

    def report_create(self, given):
        id = f"frr_{secrets.token_hex(8)}"
        run = {name: int(value) if name.startswith("interval") else value for name, value in given["parameters"].items()}
        self.runs[id] = {"id": id, "object": "reporting.report_run", "status": "pending", "result": None,
                         "report_type": given["report_type"], "parameters": run}
        return self.runs[id]

    def report_list(self, given):
        before = json.dumps([*self.runs.values()])
        for run in self.runs.values():
            run.update(status="succeeded", result={"id": run["id"].replace("frr", "file"), "object": "file"})
        return {"object": "list", "url": "/v1/reporting/report_runs", "has_more": False, "data": json.loads(before)}

    def file(self, id, given):
        run = self.one(self.runs, id.replace("file", "frr"))
        start, end = run["parameters"]["interval_start"], run["parameters"]["interval_end"]
        major = lambda minor: str(Decimal(minor) / 100)
        moment = lambda seconds: time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))
        rows = []

        def row(source, at, kind, gross, fee, intent, refund=""):
            if start <= at < end:
                rows.append({
                    "balance_transaction_id": "txn_" + source["id"].split("_")[1], "created_utc": moment(at),
                    "available_on_utc": moment(at + 2 * 86400), "currency": intent["currency"], "gross": major(gross),
                    "fee": major(fee), "net": major(gross - fee), "reporting_category": kind, "source_id": source["id"],
                    "description": "", "charge_id": intent["latest_charge"], "payment_intent_id": intent["id"],
                    "customer_facing_amount": major(gross), "customer_facing_currency": intent["currency"],
                    "payment_method_type": "card", "payment_metadata[attempt]": intent["metadata"].get("attempt", ""),
                    "refund_metadata[refund]": refund,
                })

        for intent in self.intents.values():
            if intent["amount_received"]:
                charge = self.charges[intent["latest_charge"]]
                row(charge, charge["created"], "charge", intent["amount_received"], self.fee(intent["amount_received"]), intent)
        for refund in self.refunds.values():
            intent = self.intents[refund["payment_intent"]]
            row(refund, refund["created"], "refund", -refund["amount"], 0, intent, refund["metadata"].get("refund", ""))
        out = io.StringIO()
        write = csv.DictWriter(out, run["parameters"]["columns"], extrasaction="ignore")
        write.writeheader()
        if run["report_type"].startswith("balance_change"):
            write.writerows(rows)
        return Answer(200, out.getvalue(), "text/csv")

    # Events.

    def event(self, kind, object):
        event = {
            "id": f"evt_{secrets.token_hex(12)}", "object": "event", "type": kind, "livemode": False,
            "api_version": _ApiVersion.CURRENT, "created": int(time.time()),
            "data": {"object": self.shown(object, {})}, "pending_webhooks": 1,
        }
        body = json.dumps(event, indent=2).encode()

        def make(forged):
            at = int(time.time())
            sign = lambda secret: hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
            header = f"t={at},v1={sign('whsec_thief' if forged else self.secret)},v0={'0' * 64}"
            if not forged:
                assert stripe.Webhook.construct_event(body, header, self.secret).id == event["id"]
            return self.url, {"content-type": "application/json", "stripe-signature": header}, body

        if self.url:
            self.notify(f"{kind} {object['id']}", make)

    # What payers see.

    def pages(self, verb, path, query, body):
        parts = path.strip("/").split("/")
        if path == "/_notify":
            self.url = json.loads(body)["url"]
            return as_json(200, {"url": self.url})
        if path == "/_pre_authorise":
            with self.lock:
                return self.pre_authorised(json.loads(body))
        if parts[0] == "_present" and len(parts) == 2:
            with self.lock:
                return self.presented(parts[1], json.loads(body or b"{}").get("card", "ok"))
        if parts[:2] != ["c", "pay"] or len(parts) < 3:
            return None
        with self.lock:
            session = self.sessions.get(parts[2])
            if session is None or session["status"] == "expired" or session["expires_at"] < time.time():
                return Answer(410, "<h1>Checkout</h1><p id='error'>this page has expired</p>")
            if verb == "POST" and session["status"] == "open":
                return self.pressed(session, parts[3])
            if session["status"] == "complete":
                return redirect(session["success_url"])
            return self.checkout(session, "")

    def checkout(self, session, trouble):
        at = f"/c/pay/{session['id']}"
        lines = [f"<b id='amount'>{Decimal(session['amount_total']) / 100} {session['currency'].upper()}</b>"]
        lines += [f"<span id='error'>{trouble}</span>"] if trouble else []
        return page("Checkout", lines, [("Pay", "pay", f"{at}/pay"), ("Decline", "decline", f"{at}/decline"), ("Back", "cancel", f"{at}/back")])

    def pressed(self, session, button):
        if button == "back":
            return redirect(session["cancel_url"])
        given = session["_given"]
        data = {**given["payment_intent_data"]}
        if given.get("customer_creation") == "always":
            data.update(customer=f"cus_{secrets.token_hex(7)}", payment_method=f"pm_{secrets.token_hex(7)}")
        if session["payment_intent"] is None:
            intent = self.new_intent(session["amount_total"], session["currency"], data)
            session["payment_intent"] = intent["id"]
        intent = self.intents[session["payment_intent"]]
        if button == "decline":
            intent["last_payment_error"] = {"type": "card_error", "code": "card_declined", "decline_code": "generic_decline", "message": "Your card was declined."}
            self.event("payment_intent.payment_failed", intent)
            return self.checkout(session, "Your card was declined.")
        later = intent["capture_method"] == "manual"
        session.update(status="complete", url=None, payment_status="unpaid" if later else "paid")
        self.confirmed(intent, "card")
        self.event("checkout.session.completed", session)
        return redirect(session["success_url"])

    def presented(self, reader, card):
        if not self.at_work(reader):
            return as_json(409, {"error": "the reader shows nothing"})
        intent = self.intents[self.readers[reader]["process_payment_intent"]["payment_intent"]]
        if card == "ok":
            self.confirmed(intent, "card_present")
            self.acted(reader)
        elif card == "cancel":
            self.acted(reader, "customer_canceled", "The customer canceled at the reader.")
        else:
            intent["last_payment_error"] = {"type": "card_error", "code": "card_declined", "decline_code": card, "message": "Declined."}
            self.event("payment_intent.payment_failed", intent)
            self.acted(reader, "card_declined", "Declined.")
        return as_json(200, {"status": intent["status"]})

    def pre_authorised(self, given):
        """A station's own terminal holds an amount; nobody here has made the payment."""
        intent = self.new_intent(int(given["amount"]), given["currency"], {"capture_method": "manual"})
        self.confirmed(intent, "card_present")
        return as_json(200, {"id": intent["id"]})


if __name__ == "__main__":
    main(Stripe, [("--notify", "where events go")])
