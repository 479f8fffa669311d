"""Notifications as WeChat sends them: signed, sealed, repeated; and as it never would: late, twice, forged, out of order.

Before a genuine one leaves, the SDK's own reader must accept it.
"""

import base64
import json
import secrets
import threading
import time
import urllib.error
import urllib.request
from hashlib import md5

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.utils import rsa_sign
from wechatpy.pay import WeChatPay as WeChatPayV2
from wechatpy.pay.utils import calculate_signature, calculate_signature_hmac, dict_to_xml

from wechat_keys import APPID, MCHID, PLATFORM_ID, SERIAL

MODES = ("normal", "duplicate", "delayed", "forged", "only_forged", "reordered", "none")
REPEATS = (0.5, 1, 2, 4, 8)


def signed_headers(keys, body: str, at: float | None = None, key=None, serial: str = PLATFORM_ID) -> dict:
    """Headers of an answer or a notification."""
    stamp, nonce = str(int(time.time() if at is None else at)), secrets.token_hex(16)
    return {
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": serial,
        "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        "Wechatpay-Signature": rsa_sign(key or keys.platform, f"{stamp}\n{nonce}\n{body}\n"),
    }


class Notices:
    def __init__(self, keys):
        self.keys, self.log, self.lock = keys, [], threading.Lock()
        self.mode, self.delay, self.held = "normal", 1.0, []
        merchant = (keys.folder / "apiclient_key.pem").read_text()
        self.sdk = WeChatPay(
            wechatpay_type=WeChatPayType.JSAPI, mchid=MCHID, private_key=merchant, cert_serial_no=f"{SERIAL:X}",
            apiv3_key=keys.api_v3_key, appid=APPID, public_key=keys.platform_public, public_key_id=PLATFORM_ID)
        self.sdk_v2 = WeChatPayV2(APPID, keys.api_key, MCHID)

    def v3(self, url: str, event: str, resource: dict, mode: str | None = None):
        nonce, aad = secrets.token_hex(6), event.split(".")[0].lower()
        text = json.dumps(resource, ensure_ascii=False)
        sealed = AESGCM(self.keys.api_v3_key.encode()).encrypt(nonce.encode(), text.encode(), aad.encode())
        body = json.dumps({
            "id": secrets.token_hex(16), "create_time": time.strftime("%Y-%m-%dT%H:%M:%S+08:00", time.gmtime(time.time() + 28800)),
            "resource_type": "encrypt-resource", "event_type": event, "summary": event,
            "resource": {"original_type": aad, "algorithm": "AEAD_AES_256_GCM", "associated_data": aad, "nonce": nonce,
                         "ciphertext": base64.b64encode(sealed).decode()},
        }, ensure_ascii=False)
        # It is what the SDK of other merchants takes.
        told = self.sdk.callback(signed_headers(self.keys, body), body)
        assert told and told["event_type"] == event and told["resource"] == resource, told
        # Signed at the moment of sending, as a repeated one is.
        self._plan(url, event, lambda: (signed_headers(self.keys, body) | {"Content-Type": "application/json"}, body), mode)

    def v2(self, url: str, event: str, fields: dict, hmac: bool, mode: str | None = None):
        fields = fields | {"return_code": "SUCCESS", "appid": APPID, "mch_id": MCHID, "nonce_str": secrets.token_hex(16)}
        sign = (calculate_signature_hmac if hmac else calculate_signature)(fields, self.keys.api_key)
        body = dict_to_xml(fields, sign)
        if not hmac:  # which is all that the SDK's reader knows
            self.sdk_v2.parse_payment_result(body)
        self._plan(url, event, lambda: ({"Content-Type": "text/xml"}, body), mode)

    def v2_refund(self, url: str, fields: dict, mode: str | None = None):
        inner = "<root>" + "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items()) + "</root>"
        key, plain = md5(self.keys.api_key.encode()).hexdigest().encode(), inner.encode()
        plain += bytes([16 - len(plain) % 16]) * (16 - len(plain) % 16)
        cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
        sealed = base64.b64encode(cipher.update(plain) + cipher.finalize()).decode()
        body = (f"<xml><return_code>SUCCESS</return_code><appid>{APPID}</appid><mch_id>{MCHID}</mch_id>"
                f"<nonce_str>{secrets.token_hex(16)}</nonce_str><req_info><![CDATA[{sealed}]]></req_info></xml>")
        self.sdk_v2.parse_refund_notify_result(body)
        self._plan(url, "refund", lambda: ({"Content-Type": "text/xml"}, body), mode)

    def flush(self):
        """Sends what was held back to come out of order."""
        with self.lock:
            held, self.held = self.held, []
        for send in held:
            send()

    def _plan(self, url, event, build, mode):
        mode = mode or self.mode
        deliver = lambda: self._deliver(url, event, build, mode)
        if mode == "none":
            return
        if mode == "reordered" and not self.held:
            with self.lock:
                self.held.append(deliver)
            return
        if mode in ("forged", "only_forged"):
            for headers, body in self._forgeries(build):
                threading.Thread(target=self._post, args=(url, event, headers, body, "forged"), daemon=True).start()
        if mode == "only_forged":
            return
        for _ in range(3 if mode == "duplicate" else 1):
            # What was held back comes after it, however slow that is.
            then = (lambda: (deliver(), self.flush())) if mode == "reordered" else deliver
            threading.Timer(self.delay if mode == "delayed" else 0, then).start()

    def _forgeries(self, build):
        headers, body = build()
        if "Wechatpay-Signature" not in headers:
            yield headers, body.replace("<xml>", "<xml><attach>forged</attach>")
            yield headers, "<!DOCTYPE x [<!ENTITY e 'e'>]>" + body
            return
        yield headers, body.replace('"id": "', '"id": "f')
        yield headers | {"Wechatpay-Signature": "WECHATPAY/SIGNTEST/" + headers["Wechatpay-Signature"]}, body
        stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        yield signed_headers(self.keys, body, key=stranger), body
        yield signed_headers(self.keys, body, key=stranger, serial="PUB_KEY_ID_0"), body
        yield signed_headers(self.keys, body, at=time.time() - 3600), body
        yield {"Content-Type": "application/json"}, body

    def _deliver(self, url, event, build, mode):
        for pause in (*REPEATS, None):
            if self._post(url, event, *build(), mode) or pause is None:
                return
            time.sleep(pause)

    def _post(self, url, event, headers, body, mode) -> bool:
        request = urllib.request.Request(url, body.encode(), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                status, text = answer.status, answer.read(10_000).decode(errors="replace")
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read(10_000).decode(errors="replace")
        except OSError as error:
            status, text = 0, str(error)
        took = (status in (200, 204) and not text) or (status == 200 and "SUCCESS" in text)
        with self.lock:
            self.log.append({"event": event, "mode": mode, "url": url, "status": status, "took": took, "answer": text})
        return took
