"""Keys of a merchant and of a WeChat that is not WeChat, and the settings for them."""

import datetime
import json
import secrets
import string
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

MCHID, APPID = "1900000001", "wxd678efh567hg6787"
SERIAL = 0x5A1B2C3D4E5F60718293A4B5C6D7E8F901234567
PLATFORM_ID = "PUB_KEY_ID_0119000000012026010100000000000001"
SERVICE_ID = "00004000000000160000000000000001"
APP_SECRET = "the-secret-of-the-app"


def _letters(count: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(count))


def _write_private(path: Path) -> rsa.RSAPrivateKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return key


class Keys:
    """Everything both sides need, in a folder; made anew where it is not there yet."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "apiclient_key.pem").exists():
            self._make()
        self.merchant = self._private("apiclient_key.pem")
        self.platform = self._private("platform_key.pem")
        self.platform_public = (folder / "platform_pub.pem").read_text()
        self.api_v3_key = (folder / "api_v3_key").read_text().strip()
        self.api_key = (folder / "api_key").read_text().strip()

    def _private(self, name: str):
        return serialization.load_pem_private_key((self.folder / name).read_bytes(), None)

    def _make(self):
        merchant = _write_private(self.folder / "apiclient_key.pem")
        platform = _write_private(self.folder / "platform_key.pem")
        (self.folder / "platform_pub.pem").write_bytes(platform.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, MCHID)])
        begin = datetime.datetime(2026, 1, 1)
        certificate = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(merchant.public_key())
            .serial_number(SERIAL).not_valid_before(begin).not_valid_after(begin + datetime.timedelta(days=3650))
            .sign(merchant, hashes.SHA256()))
        (self.folder / "apiclient_cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (self.folder / "api_v3_key").write_text(_letters(32))
        (self.folder / "api_key").write_text(_letters(32))

    def write_settings(self, url: str):
        """`wechat_v3.json` and `wechat_v2.json` with the adapter's own settings, and both as `settings.toml`."""
        path = lambda name: str(self.folder / name)
        common = {
            "base_url": url, "login_page_url": url, "login_url": url, "mchid": MCHID, "appid": APPID,
            "app_secret": APP_SECRET, "certificate": path("apiclient_cert.pem"), "private_key": path("apiclient_key.pem"),
        }
        v3 = common | {
            "api_v3_key": "file:" + path("api_v3_key"),
            "platform_keys": {PLATFORM_ID: path("platform_pub.pem")},
            "score": {"service_id": SERVICE_ID},
        }
        v2 = common | {"api_key": "file:" + path("api_key")}
        toml = []
        for account, provider, settings in (("wx-main", "wechat", v3), ("wx-old", "wechat_v2", v2)):
            (self.folder / ("wechat_v3.json" if settings is v3 else "wechat_v2.json")).write_text(json.dumps(settings, indent=1))
            toml += ["[[pay.accounts]]", f'name = "{account}"', f'provider = "{provider}"']
            toml += [f"{name} = {json.dumps(value)}" for name, value in settings.items() if isinstance(value, str)]
            for name, table in settings.items():
                if isinstance(table, dict):
                    toml.append(f"[pay.accounts.{name}]")
                    toml += [f"{key} = {json.dumps(value)}" for key, value in table.items()]
            toml.append("")
        (self.folder / "settings.toml").write_text("\n".join(toml))
