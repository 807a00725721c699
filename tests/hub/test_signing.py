"""The hub's signature can be checked by whoever has the public key, also after the key was changed."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import jwt
import msgspec
import pytest

from hub.errors import StartError
from hub.signing import Signature, SigningKeys, rotate
from protocol.alert import content_hash, endorsed_text, signed_text
from protocol.frames import Alert, AlertText
from protocol.vocabulary import AlertSound, Pictogram, Severity

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def test_the_first_start_makes_a_key_that_only_its_owner_can_read_and_the_next_one_finds_it(
    tmp_path: Path,
) -> None:
    first = SigningKeys.kept_in(tmp_path, NOW)
    (kept,) = (tmp_path / "secrets/signing").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert SigningKeys.kept_in(tmp_path, LATER).published() == first.published()


def test_what_the_hub_signs_is_checked_with_what_it_publishes_by_a_library_that_knows_neither(
    tmp_path: Path,
) -> None:
    keys = SigningKeys.kept_in(tmp_path, NOW)
    signature = keys.sign(b"Fire in building B")
    (published,) = keys.published()
    known = jwt.PyJWK({"kty": published.kty, "crv": published.crv, "x": published.x, "alg": published.alg})
    assert signature.kid == published.kid
    known.key.verify(signature.value, b"Fire in building B")


def test_after_a_rotation_the_new_key_signs_and_the_old_signature_still_holds(tmp_path: Path) -> None:
    before = SigningKeys.kept_in(tmp_path, NOW)
    signature = before.sign(b"alert")
    kid = rotate(tmp_path, LATER)
    after = SigningKeys.kept_in(tmp_path, LATER)
    assert after.sign(b"alert").kid == kid != signature.kid
    assert after.verify(b"alert", signature)
    assert [key.kid for key in after.published()] == [kid, signature.kid]


def test_another_message_another_key_and_another_name_do_not_hold(tmp_path: Path) -> None:
    ours, theirs = SigningKeys.kept_in(tmp_path / "a", NOW), SigningKeys.kept_in(tmp_path / "b", NOW)
    signature = ours.sign(b"alert")
    assert not ours.verify(b"all clear", signature)
    assert not theirs.verify(b"alert", signature)
    assert not theirs.verify(b"alert", Signature(theirs.sign(b"alert").kid, signature.value))


def test_a_key_that_others_can_read_is_refused_with_what_to_do(tmp_path: Path) -> None:
    SigningKeys.kept_in(tmp_path, NOW)
    (kept,) = (tmp_path / "secrets/signing").iterdir()
    kept.chmod(0o644)
    with pytest.raises(StartError, match=r"open to others \(mode 0644\).*chmod 600"):
        SigningKeys.kept_in(tmp_path, NOW)


def test_a_file_that_is_no_key_is_named(tmp_path: Path) -> None:
    SigningKeys.kept_in(tmp_path, NOW)
    (kept,) = (tmp_path / "secrets/signing").iterdir()
    kept.write_text("no key")
    with pytest.raises(StartError, match=r"is not an Ed25519 key"):
        SigningKeys.kept_in(tmp_path, NOW)


def test_a_key_id_is_the_thumbprint_of_rfc_8037(tmp_path: Path) -> None:
    """The example of its appendix A.3."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    seed = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    (published,) = SigningKeys([Ed25519PrivateKey.from_private_bytes(seed)]).published()
    assert published.x == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert published.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_a_newer_key_is_endorsed_by_every_older_one_and_no_older_one_by_a_newer(tmp_path: Path) -> None:
    oldest = SigningKeys.kept_in(tmp_path, NOW).published()[0]
    rotate(tmp_path, LATER)
    middle = SigningKeys.kept_in(tmp_path, LATER).published()[0]
    rotate(tmp_path, LATER.replace(hour=4))
    newest, second, third = SigningKeys.kept_in(tmp_path, LATER).published()
    assert (second.kid, third.kid) == (middle.kid, oldest.kid)
    assert [each.kid for each in newest.endorsements] == [middle.kid, oldest.kid]
    assert [each.kid for each in second.endorsements] == [oldest.kid]
    assert third.endorsements == []
    for endorsement, trusted in zip(newest.endorsements, (middle, oldest), strict=True):
        known = jwt.PyJWK({"kty": "OKP", "crv": "Ed25519", "x": trusted.x, "alg": "EdDSA"})
        known.key.verify(_bytes(endorsement.value), endorsed_text(newest.kid, newest.x))


def test_an_alert_is_signed_in_all_that_it_says_and_for_one_tenant(tmp_path: Path) -> None:
    keys = SigningKeys.kept_in(tmp_path, NOW)
    alert = keys.signed("t1", _alert())
    assert alert.signature is not None
    signature = Signature(alert.signature.kid, _bytes(alert.signature.value))
    assert keys.verify(signed_text("t1", alert), signature)
    assert not keys.verify(signed_text("t2", alert), signature)
    other = {
        "emergency_id": "flood",
        "title": "Ice",
        "message": "Stay.",
        "severity": Severity.MINOR,
        "issued_ms": 2,
        "content_hash": "another",
        "expires_ms": 3,
        "sequence": 3,
        "language": "de",
        "texts": [],
        "pictogram": None,
        "sound": None,
        "drill": True,
    }
    assert {*other, "signature"} == set(Alert.__struct_fields__)
    for name, value in other.items():
        forged = msgspec.structs.replace(alert, **{name: value})
        assert not keys.verify(signed_text("t1", forged), signature), name


def _alert() -> Alert:
    texts = [AlertText("es", "Fuego", "Salgan.")]
    digest = content_hash("Fire", "Leave.", Severity.EXTREME, texts)
    return Alert(
        "fire",
        "Fire",
        "Leave.",
        Severity.EXTREME,
        1,
        digest,
        9,
        1,
        "en",
        texts,
        Pictogram.FIRE,
        AlertSound.SIREN,
    )


def _bytes(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
