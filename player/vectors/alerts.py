"""Vectors of what an alert is proved by: the hash of what is shown, and the hub's signature.

The keys are made from words, so that the files are the same every time; nobody else uses them.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from player.signature import learned, refusal
from protocol.access import Endorsement, SigningKey
from protocol.alert import content_hash, endorsed_text, signed_text
from protocol.frames import Alert, AlertText, Signature
from protocol.vocabulary import AlertSound, Pictogram, Severity

TENANT: Final = "2f0c7f62-9d0b-4c58-9a3e-6b1c2d3e4f50"
OTHER_TENANT: Final = "7c1d20aa-51b7-4f0e-8f5e-0c6e7f2f3b99"
ISSUED_MS: Final = 1_795_222_733_335
_TEXTS: Final = [
    AlertText("de", "Feueralarm", "Verlassen Sie das Gebäude."),
    AlertText("ar", "إنذار حريق", "غادر المبنى الآن."),
]
_SHOWN: Final[list[tuple[str, str, Severity, list[AlertText]]]] = [
    ("Fire alarm", "Leave the building now.", Severity.EXTREME, []),
    ("Fire alarm", "Leave the building now.", Severity.SEVERE, []),
    ("Fire alarm", "Leave the building now.", Severity.EXTREME, _TEXTS),
    ("Fire alarm", "Leave the building now.", Severity.EXTREME, _TEXTS[::-1]),
    ("", "", Severity.MINOR, []),
    ('Say "now" \\ / </script>', "a\nb\tc\r\u0001\u007f\u2028\u2029", Severity.MODERATE, []),
    ("火事 🔥", "e\u0301 is not é; ﬁ is not fi", Severity.MINOR, [AlertText("zh-Hant-TW", "火警", "請疏散")]),
]


class Key:
    """A signing key made from a word."""

    def __init__(self, word: str) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(word.encode()).digest())
        self.x = _base64url(
            self._private.public_key().public_bytes(
                serialization.Encoding.Raw, serialization.PublicFormat.Raw
            )
        )
        jwk = {"crv": "Ed25519", "kty": "OKP", "x": self.x}
        self.kid = _base64url(hashlib.sha256(msgspec.json.encode(jwk)).digest())

    def public(self, *endorsed_by: Key) -> SigningKey:
        """As it is published."""
        text = endorsed_text(self.kid, self.x)
        return SigningKey(
            self.kid, self.x, endorsements=[Endorsement(key.kid, key.sign(text)) for key in endorsed_by]
        )

    def sign(self, text: bytes) -> str:
        return _base64url(self._private.sign(text))

    def signed(self, alert: Alert, tenant_id: str = TENANT) -> Alert:
        """The alert with this key's signature."""
        value = self.sign(signed_text(tenant_id, alert))
        return msgspec.structs.replace(alert, signature=Signature(self.kid, value))


def content_hashes() -> dict[str, Any]:
    """Texts, and the hash of what a screen that shows them must answer."""
    return {
        "about": "content_hash: SHA-256, in hex, of what is shown",
        "cases": [
            {
                "title": title,
                "message": message,
                "severity": severity,
                "texts": msgspec.to_builtins(texts),
                "content_hash": content_hash(title, message, severity, texts),
            }
            for title, message, severity, texts in _SHOWN
        ],
    }


def signed_alerts() -> dict[str, Any]:
    """Alerts as they come in a frame, what is signed of them, and why they are refused (null: are not)."""
    hub, stranger = Key("the hub"), Key("a stranger")
    keys = [hub.public()]
    plain = _alert("Fire alarm", "Leave the building now.")
    rich = _alert(
        "Sturm", "Bleiben Sie im Gebäude.", Severity.SEVERE, texts=_TEXTS, language="de", sequence=3,
        expires_ms=ISSUED_MS + 600_000, pictogram=Pictogram.WEATHER, sound=AlertSound.SIREN,
    )  # fmt: skip
    drill = msgspec.structs.replace(plain, drill=True)
    good = hub.signed(plain)
    assert good.signature is not None
    flipped = ("B" if good.signature.value[0] == "A" else "A") + good.signature.value[1:]
    cases = {
        "plain": good,
        "with everything": hub.signed(rich),
        "odd texts": hub.signed(_alert(_SHOWN[5][0], _SHOWN[5][1], Severity.MODERATE)),
        "a drill": hub.signed(drill),
        "not signed": plain,
        "signed by a stranger": stranger.signed(plain),
        "signed by a stranger in the hub's name": msgspec.structs.replace(
            stranger.signed(plain),
            signature=Signature(hub.kid, stranger.sign(signed_text(TENANT, plain))),
        ),
        "signed for another tenant": hub.signed(plain, OTHER_TENANT),
        "another message": msgspec.structs.replace(good, message="Stay where you are."),
        "another severity": msgspec.structs.replace(good, severity=Severity.MINOR),
        "another sequence": msgspec.structs.replace(good, sequence=9),
        "another end": msgspec.structs.replace(good, expires_ms=ISSUED_MS + 1),
        "texts added": msgspec.structs.replace(good, texts=_TEXTS),
        "a pictogram added": msgspec.structs.replace(good, pictogram=Pictogram.FIRE),
        "a drill that became an alert": msgspec.structs.replace(hub.signed(drill), drill=False),
        "one bit of the signature": _with_signature(good, flipped),
        "a signature cut short": _with_signature(good, good.signature.value[:20]),
        "a signature that is not base64url": _with_signature(good, "?" * 86),
    }
    return {
        "about": "signed_text in UTF-8, and why a screen of this tenant with these keys refuses the alert",
        "tenant_id": TENANT,
        "keys": msgspec.to_builtins(keys),
        "cases": [
            {
                "name": name,
                "alert": msgspec.to_builtins(alert),
                "signed_text": signed_text(TENANT, alert).decode(),
                "refusal": refusal(alert, TENANT, keys),
            }
            for name, alert in cases.items()
        ],
    }


def signing_keys() -> dict[str, Any]:
    """Keys that are trusted, keys that are offered, and whose ids are trusted then."""
    first, second, third, stranger = Key("first"), Key("second"), Key("third"), Key("a stranger")
    renamed = msgspec.structs.replace(stranger.public(), endorsements=second.public(first).endorsements)
    cases = {
        "nothing new": ([first.public()], [first.public()]),
        "endorsed by the trusted one": ([first.public()], [second.public(first), first.public()]),
        "not endorsed": ([first.public()], [second.public(), first.public()]),
        "endorsed by a stranger": ([first.public()], [second.public(stranger), stranger.public()]),
        "an endorsement of another key": ([first.public()], [renamed]),
        "endorsed by one that is new itself": (
            [first.public()],
            [third.public(second), second.public(first)],
        ),
        "the oldest is not published any more": (
            [first.public()],
            [third.public(first, second), second.public(first)],
        ),
        "a known id with another key": (
            [first.public()],
            [msgspec.structs.replace(stranger.public(first), kid=first.kid)],
        ),
        "none trusted yet": ([], [second.public(first), first.public()]),
        "none trusted yet, and a key by another's name": (
            [],
            [msgspec.structs.replace(stranger.public(), kid=first.kid), second.public()],
        ),
    }
    return {
        "about": "which keys are trusted after a screen that trusts some is offered others",
        "cases": [
            {
                "name": name,
                "trusted": msgspec.to_builtins(trusted),
                "offered": msgspec.to_builtins(offered),
                "trusted_then": [[key.kid, key.x] for key in learned(trusted, offered)],
            }
            for name, (trusted, offered) in cases.items()
        ],
    }


def _alert(
    title: str, message: str, severity: Severity = Severity.EXTREME, *, texts: list[AlertText] | None = None,
    language: str = "", sequence: int = 1, expires_ms: int | None = None,
    pictogram: Pictogram | None = None, sound: AlertSound | None = None,
) -> Alert:  # fmt: skip
    others = texts or []
    return Alert(
        "ed04fa82-1eb6-45c3-95c4-3dae8df20ddc", title, message, severity, ISSUED_MS,
        content_hash(title, message, severity, others), expires_ms, sequence, language, others,
        pictogram, sound,
    )  # fmt: skip


def _with_signature(alert: Alert, value: str) -> Alert:
    assert alert.signature is not None
    return msgspec.structs.replace(alert, signature=Signature(alert.signature.kid, value))


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
