"""What people keep: compressed files, directories, archives; and what is made to do harm."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
import zstandard
from recordings import FIXTURES

from birdstatus.cli import inputs, main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

MESH = FIXTURES / "1.6.8" / "mesh-v4"
STATUS = (MESH / "show_status.raw").read_bytes()
PROTOCOLS = (MESH / "show_protocols_all.raw").read_bytes()
ROUTES = (MESH / "show_route.raw").read_bytes()

COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gz": gzip.compress,
    "xz": lzma.compress,
    "bz2": bz2.compress,
    "zst": zstandard.ZstdCompressor().compress,
}


def archive(members: Iterable[tuple[str, bytes | tarfile.TarInfo]]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name) if isinstance(content, bytes) else content
            info.name = name
            body = content if isinstance(content, bytes) else b""
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    return data.getvalue()


def link(target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, target
    return info


def special(kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type = kind
    return info


def of_node(number: int) -> list[tuple[str, bytes]]:
    """A node's answers in a folder of its own, as a support bundle has them."""
    folder = f"bundle/nodes/node-{number}"
    own = f"10.0.0.{number}".encode()
    return [
        (f"{folder}/bird/show_status.txt", STATUS.replace(b"10.0.0.1\n", own + b"\n")),
        (f"{folder}/bird/show_protocols_all.txt", PROTOCOLS),
        (f"{folder}/bird/show_route.txt", ROUTES),
        (f"{folder}/ip_route.txt", b"default via 10.0.0.254 dev eth0 proto dhcp\n"),
    ]


@pytest.fixture
def run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Any:
    def run(name: str, data: bytes, *arguments: str) -> tuple[int, Any, str]:
        path = tmp_path / name
        path.write_bytes(data)
        code = main(["parse", "-o", "json", *arguments, str(path)])
        out, err = capfd.readouterr()
        return (
            code,
            json.loads(out.replace(f"{tmp_path}/", "") or "null"),
            err.replace(f"{tmp_path}/", ""),
        )

    return run


@pytest.mark.parametrize("kind", COMPRESSIONS)
def test_a_compressed_reply(run: Any, kind: str) -> None:
    # Whatever it is called: what it is shows in its first bytes.
    code, output, said = run("reply.txt", COMPRESSIONS[kind](PROTOCOLS))
    assert (code, said) == (0, "")
    assert output["bgp"]["peersV4"]


@pytest.mark.parametrize("kind", COMPRESSIONS)
def test_three_nodes_in_a_bundle(run: Any, kind: str) -> None:
    members = [member for number in (1, 2, 3) for member in of_node(number)]
    code, output, said = run("bundle", COMPRESSIONS[kind](archive(members)))
    assert code == 0
    assert said.endswith("birdstatus: 3 files passed over: no BIRD output\n")
    assert [status["node"] for status in output] == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    for number, status in enumerate(output, 1):
        files = {source["file"] for source in status["sources"]}
        assert files == {
            f"bundle:bundle/nodes/node-{number}/bird/show_{name}.txt"
            for name in ("status", "protocols_all", "route")
        }
        assert set(status) >= {"agent", "bgp", "routes"}


def test_a_directory(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for number in (1, 2):
        for name, data in of_node(number):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(gzip.compress(data))
    (tmp_path / "bundle" / "out").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "bundle" / "pipe")
    code = main(["parse", "-o", "json", str(tmp_path)])
    out, err = capfd.readouterr()
    assert code == 0
    assert "2 files passed over" in err
    assert [status["node"] for status in json.loads(out)] == ["10.0.0.1", "10.0.0.2"]


def test_an_archive_within_an_archive(run: Any) -> None:
    inner = gzip.compress(archive(of_node(1)))
    code, output, _ = run("logs.tar", archive([("pod/node-1.tar.gz", inner)]))
    assert code == 0
    assert set(output) == {"agent", "bgp", "routes"}


def nested(depth: int) -> bytes:
    data = STATUS
    for _ in range(depth):
        data = archive([("x", data)])
    return data


class Zeros(io.RawIOBase):
    """So many megabytes of nothing."""

    def __init__(self, megabytes: int) -> None:
        super().__init__()
        self.left = megabytes << 20

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        size = min(len(target), self.left)
        self.left -= size
        target[:size] = bytes(size)
        return size


def sparse() -> bytes:
    """A GNU sparse file of a terabyte, of which nothing is there."""
    info = tarfile.TarInfo("sparse")
    info.type = tarfile.GNUTYPE_SPARSE
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[483:495] = b"\x80" + (1 << 40).to_bytes(11, "big")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    return bytes(header) + bytes(1024)


HARM = {
    "a link out": (
        archive([("a/b", link("../../etc/passwd"))]),
        "a/b is a link out of the archive",
    ),
    "a hard link out": (
        archive([("a/b", link("/etc/passwd", tarfile.LNKTYPE))]),
        "a/b is a link out of the archive",
    ),
    "a path out": (archive([("../../etc/passwd", STATUS)]), "../../etc/passwd is outside"),
    "a path from the root": (archive([("/etc/passwd", STATUS)]), "/etc/passwd is outside"),
    "a sparse file": (sparse(), "unpacks to more than 4 GiB"),
    "archives in archives": (nested(6), "is an archive within 3 others"),
    "half an archive": (archive([("a", STATUS)])[:700], "cannot read"),
    "half a gzip file": (gzip.compress(PROTOCOLS)[:-9], "cannot read"),
}


@pytest.mark.parametrize("what", HARM)
def test_harm_is_refused(run: Any, what: str) -> None:
    data, reason = HARM[what]
    code, output, said = run("x", data)
    assert (code, output) == (1, None)
    assert reason in said


@pytest.mark.parametrize("kind", ["gz", "xz", "bz2", "zst"])
def test_a_bomb_is_known_after_a_few_megabytes(
    run: Any, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    zeros = COMPRESSIONS[kind](bytes(64 << 20))
    read = 0
    count = inputs._Bounded.readinto

    def counted(self: Any, target: Any) -> int:
        nonlocal read
        size = count(self, target)
        read += size
        return size

    monkeypatch.setattr(inputs._Bounded, "readinto", counted)
    code, output, said = run("x", zeros)
    assert (code, output) == (1, None)
    assert "unpacks to more than 200 times its size" in said
    assert read < 9 << 20


def test_what_comes_through_a_pipe_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "MAX_UNPACKED", 6 << 20)
    readable, writable = os.pipe()
    with os.fdopen(writable, "wb") as sink:
        sink.write(gzip.compress(bytes(8 << 20)))
    with os.fdopen(readable, "rb") as source:
        (read,) = inputs._opened("x", source, is_member=False)
        with pytest.raises(inputs.InputError, match="unpacks to more than 0 GiB"):
            list(read.chunks())


@pytest.mark.parametrize("as_archive", [False, True])
def test_too_many_files(
    run: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: Any,
    as_archive: bool,  # noqa: FBT001
) -> None:
    monkeypatch.setattr(inputs, "MAX_MEMBERS", 3)
    if as_archive:
        code, _, said = run("x", archive([(f"{number}", b"") for number in range(5)]))
    else:
        folder = tmp_path / "many"
        folder.mkdir()
        for number in range(5):
            (folder / f"{number}").touch()
        code, said = main(["parse", str(folder)]), capfd.readouterr().err
    assert code == 1
    assert "holds more than 3 files" in said


def test_devices_are_passed_over(run: Any) -> None:
    members = [
        ("zero", special(tarfile.CHRTYPE)),
        ("fifo", special(tarfile.FIFOTYPE)),
        ("d", special(tarfile.DIRTYPE)),
    ]
    code, output, said = run("x", archive(members))
    assert (code, output, said) == (1, None, "birdstatus: nothing was found that is BIRD output\n")


def test_a_deep_path(run: Any) -> None:
    code, output, _ = run("x", archive([("d/" * 20_000 + "f", STATUS)]), "--family", "4")
    assert code == 0
    assert output["agent"]["birdV4"]["state"] == "Ready"


def test_a_likely_file_that_holds_no_answer(run: Any) -> None:
    code, output, said = run(
        "x", archive([("notes", b"BIRD is what we run\n"), ("s", STATUS)]), "--family", "4"
    )
    assert (code, list(output)) == (0, ["agent"])
    assert said == "birdstatus: 1 file passed over: no BIRD output\n"
