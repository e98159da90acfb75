"""A sealed original: opened only with a reason, by the right key, and never without a note."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

pytest.importorskip("pyrage", reason="needs gridwatch[cameras]")
from cameras.evidence.keeping import Keeping
from cameras.evidence.opening import check_notes, notes, open_sealed
from cameras.evidence.sealing import SealFailed, check_recipient, new_identity, seal, unseal
from cameras.evidence.store import Place, Store
from tests.cameras.evidence.made import TS, settings, taken

SECRET, PUBLIC = new_identity()


@pytest.fixture
def sealed(tmp_path: Path) -> tuple[Store, Place]:
    keeping = Keeping(settings(tmp_path, {"any": {"sealed": PUBLIC}}, clip=False), lambda _: None)
    keeping.camera("gate", None, lambda: ("arrival", None))
    keeping.keep(taken())
    store = Store(str(tmp_path))
    return store, next(store.places())


def opened(sealed: tuple[Store, Place], reason: str = "case 17, for the court", key: str = SECRET) -> dict[str, bytes]:
    store, where = sealed
    manifest = store.manifest(where)
    assert manifest is not None
    return open_sealed(store, where, manifest, by="Li Na", reason=reason, identity=key, now=TS)


def test_it_is_opened_and_noted(sealed: tuple[Store, Place]) -> None:
    store, where = sealed
    found = opened(sealed)
    assert list(found) == ["original.jpg"]
    assert found["original.jpg"].startswith(b"\xff\xd8")
    (note,) = notes(store)
    assert (note.number, note.by, note.reason) == (1, "Li Na", "case 17, for the court")
    assert (note.id, note.camera, note.before) == (where.id, "gate", "")
    assert note.at == "2026-05-01T12:00:00.000+00:00"
    assert list(note.files) == ["original.jpg.age"]


@pytest.mark.parametrize("reason", ["", "  "])
def test_without_a_reason_it_stays_closed(sealed: tuple[Store, Place], reason: str) -> None:
    with pytest.raises(ValueError, match="who opens it, and why"):
        opened(sealed, reason)
    assert notes(sealed[0]) == []


def test_an_attempt_with_a_wrong_key_is_noted(sealed: tuple[Store, Place]) -> None:
    with pytest.raises(SealFailed, match="sealed for another key"):
        opened(sealed, key=new_identity()[0])
    assert len(notes(sealed[0])) == 1


def test_what_was_changed_is_not_opened(sealed: tuple[Store, Place], tmp_path: Path) -> None:
    file = tmp_path / sealed[1].path / "original.jpg.age"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(SealFailed, match="has been changed"):
        opened(sealed)


def test_who_steals_the_store_and_the_configuration_reads_nothing(sealed: tuple[Store, Place], tmp_path: Path) -> None:
    """The stored picture has its faces hidden; what has not is sealed, and the public key does not open it."""
    file = tmp_path / sealed[1].path / "original.jpg.age"
    assert file.read_bytes().startswith(b"age-encryption.org/v1")
    assert b"\xff\xd8\xff" not in file.read_bytes()
    with pytest.raises(SealFailed, match="no secret key"):
        unseal(file.read_bytes(), PUBLIC)


@pytest.mark.parametrize(
    "spoil, says",
    [
        pytest.param(lambda at: (at / "00000002.json").unlink(), "one before it is missing", id="taken-out"),
        pytest.param(
            lambda at: _rewrite(at / "00000001.json", reason="nothing at all"),
            "00000002.json: the one before it has been changed",
            id="rewritten",
        ),
        pytest.param(lambda at: (at / "00000002.json").write_text("{"), "can't be read", id="destroyed"),
    ],
)
def test_what_is_done_to_notes_is_found(sealed: tuple[Store, Place], tmp_path: Path, spoil: object, says: str) -> None:
    for _ in range(3):
        opened(sealed)
    assert check_notes(sealed[0]) == []
    assert callable(spoil)
    spoil(tmp_path / "openings")
    assert says in "\n".join(check_notes(sealed[0]))


def _rewrite(file: Path, **different: str) -> None:
    file.write_bytes(msgspec.json.encode(msgspec.json.decode(file.read_bytes()) | different))


def test_two_who_note_at_the_same_time_both_do(sealed: tuple[Store, Place], monkeypatch: pytest.MonkeyPatch) -> None:
    store, really = sealed[0], Store.openings
    looked = 0

    def openings(self: Store) -> list[str]:
        nonlocal looked
        looked += 1
        return [] if looked == 2 else really(self)  # the second does not see the first yet

    monkeypatch.setattr(Store, "openings", openings)
    opened(sealed)
    opened(sealed)
    assert [note.number for note in notes(store)] == [1, 2]
    assert check_notes(store) == []


def test_a_secret_key_in_the_configuration_is_refused_and_not_repeated() -> None:
    assert check_recipient(PUBLIC) == PUBLIC
    with pytest.raises(ValueError, match="this is the secret one") as told:
        check_recipient(SECRET)
    assert SECRET not in str(told.value)
    with pytest.raises(ValueError, match="expected a public key"):
        check_recipient("age1nonsense")


def test_a_key_file_is_a_key_too() -> None:
    assert unseal(seal(b"x", PUBLIC), f"# made today\n# public key: {PUBLIC}\n{SECRET}\n") == b"x"
