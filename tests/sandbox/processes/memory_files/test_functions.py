"""The functions for files in memory do what those of the kernel do: each program here runs with both."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

PROGRAMS = {
    "modes of open": """
        for mode in "r w a x r+ w+ a+ rb wb ab xb rb+ wb+ ab+ x+b rt wt".split():
            for name in ["old", "new", "folder", "none/x", "old/x", ""]:
                open("old", "wb").write(b"0123456789")
                try:
                    with open(name, mode) as f:
                        print(mode, name, f.mode, f.name, f.readable(), f.writable(), f.seekable(), f.tell())
                        print(type(f).__name__)
                        if f.writable():
                            f.write(b"ab" if "b" in mode else "ab")
                            print(f.tell())
                        if f.readable():
                            f.seek(0)
                            print(f.read(5), f.tell(), f.read())
                    print(open(name, "rb").read())
                except OSError as error:
                    print(mode, name, type(error).__name__, error)
                if os.path.exists("new"):
                    os.remove("new")
        """,
    "bad modes": """
        for mode in ["", "z", "rw", "rr", "r++", "bt", "+", "b", "U", "rbt"]:
            try:
                open("x", mode)
            except ValueError as error:
                print(mode, "ValueError")
        for arguments in [dict(encoding="ascii"), dict(errors="strict"), dict(newline="")]:
            try:
                open("x", "wb", **arguments)
            except ValueError as error:
                print(error)
        try:
            open("x", "w", 0)
        except ValueError as error:
            print(error)
        """,
    "text": """
        with open("a", "w", encoding="latin-1", newline="\\r\\n") as f:
            print(f.write("ä\\nb\\n"), f.encoding, f.newlines)
        print(open("a", "rb").read(), open("a", encoding="latin-1").readlines())
        try:
            open("a", encoding="utf-8").read()
        except UnicodeDecodeError as error:
            print(error)
        print(open("a", errors="replace").read())
        f = open("a", "r+", encoding="latin-1")
        f.readline(); position = f.tell(); f.seek(position); print(f.readline(), f.truncate(2))
        f.close()
        try:
            f.read()
        except ValueError as error:
            print(error)
        try:
            open("a").write("x")
        except io.UnsupportedOperation as error:
            print(error)
        try:
            open("a", "w").read()
        except io.UnsupportedOperation as error:
            print(error)
        """,
    "descriptors": """
        fd = os.open("a", os.O_CREAT | os.O_RDWR)
        print(os.write(fd, b"hello"), os.lseek(fd, 1, 0), os.read(fd, 3), os.fstat(fd).st_size, os.isatty(fd))
        os.ftruncate(fd, 2); os.fsync(fd)
        with os.fdopen(fd, "rb") as f:
            f.seek(0); print(f.read())
        for attempt in [lambda: os.read(fd, 1), lambda: os.close(fd), lambda: os.fstat(fd)]:
            try:
                attempt()
            except OSError as error:
                print(error)
        fd = os.open("a", os.O_WRONLY | os.O_APPEND)
        try:
            os.read(fd, 1)
        except OSError as error:
            print(error)
        print(os.write(fd, b"zz")); os.close(fd); print(open("a").read())
        for flags in [os.O_CREAT | os.O_EXCL, os.O_RDONLY | os.O_DIRECTORY]:
            try:
                os.open("a", flags)
            except OSError as error:
                print(error)
        """,
    "folders": """
        os.makedirs("a/b/c"); os.makedirs("a/b", exist_ok=True)
        for attempt in [lambda: os.mkdir("a"), lambda: os.mkdir("x/y"), lambda: os.rmdir("a"), lambda: os.rmdir("old"),
                        lambda: os.remove("a"), lambda: os.remove("none"), lambda: os.rmdir("none"),
                        lambda: os.listdir("old"), lambda: os.listdir("none"), lambda: os.chdir("old"),
                        lambda: os.rename("a", "a/b/x"), lambda: os.rename("none", "x"), lambda: os.rename("a", "old"),
                        lambda: os.rename("old", "a"), lambda: os.rename("old", "x/y"), lambda: os.stat("none"),
                        lambda: os.stat("old/x"), lambda: os.readlink("old"), lambda: os.truncate("none", 1)]:
            try:
                print(attempt())
            except OSError as error:
                print(type(error).__name__, error)
        os.rename("a/b", "z"); print(sorted(os.listdir(".")), os.listdir("z"), os.listdir("a"))
        os.replace("old", "z/new"); print(os.path.getsize("z/new"), os.path.exists("old"))
        print([(r, sorted(d), sorted(f)) for r, d, f in os.walk("z")])
        entries = sorted(os.scandir("z"), key=lambda e: e.name)
        print([(e.name, e.path, e.is_dir(), e.is_file(), e.is_symlink()) for e in entries])
        print(sorted(os.listdir(b"z")), os.path.isdir("z/"), os.path.isfile("z/new/"))
        print(os.path.abspath("z/../q") == os.getcwd() + "/q", os.path.samefile("z", "./z"))
        os.chdir("z"); print(os.path.basename(os.getcwd()), sorted(os.listdir())); os.chdir("..")
        """,
    "pathlib": """
        from pathlib import Path
        p = Path("d", "e"); p.mkdir(parents=True); p.mkdir(exist_ok=True, parents=True)
        print(p.joinpath("f.txt").write_text("hi"), (p / "f.txt").read_bytes(), p.joinpath("g").touch())
        print(sorted(map(str, Path("d").rglob("*"))), sorted(map(str, Path(".").glob("d/*/*.txt"))), Path("d").is_dir())
        print((p / "f.txt").exists(), (p / "none").exists(), (p / "f.txt").suffix, (p / "f.txt").stat().st_size)
        print((p / "f.txt").rename(p / "h"), (p / "h").is_file(), [q.name for q in sorted(p.iterdir())])
        print((p / "h").resolve() == Path.cwd() / "d" / "e" / "h", (p / "h").unlink())
        print((p / "h").unlink(missing_ok=True))
        for attempt in [lambda: Path("none").read_text(), lambda: Path("none").unlink(), p.rmdir, p.mkdir,
                        lambda: (p / "g" / "x").write_text("x"), lambda: list(Path("none").iterdir())]:
            try:
                attempt()
            except OSError as error:
                print(type(error).__name__, error)
        with (p / "g").open("a") as f:
            print(f.write("x"), f.name == str(p / "g"))
        """,
    "shutil and archives": """
        import shutil, zipfile, tarfile, gzip, tempfile, glob
        os.makedirs("s/t"); open("s/a", "w").write("1"); open("s/t/b", "w").write("2")
        print(shutil.copy("s/a", "s/c"), shutil.copy2("s/a", "s/t"), shutil.copytree("s", "u"))
        print(shutil.move("s/c", "u/t"))
        print(sorted(glob.glob("**/*", recursive=True)))
        shutil.make_archive("pack", "gztar", "u"); shutil.unpack_archive("pack.tar.gz", "out")
        print(sorted(os.listdir("out/t")))
        with zipfile.ZipFile("z.zip", "w", zipfile.ZIP_DEFLATED) as z:
            z.write("s/a"); z.writestr("n/m", "x")
        with zipfile.ZipFile("z.zip") as z:
            print(z.namelist(), z.read("s/a"), z.extractall("zz"), z.testzip())
        print(zipfile.is_zipfile("z.zip"), sorted(os.listdir("zz")))
        with gzip.open("g.gz", "wt") as g:
            g.write("text")
        print(gzip.open("g.gz", "rt").read())
        shutil.rmtree("u"); print(os.path.exists("u"))
        try:
            shutil.rmtree("none")
        except OSError as error:
            print(error)
        with tempfile.TemporaryDirectory() as d:
            print(os.listdir(d)); open(os.path.join(d, "x"), "w").close()
        print(os.path.exists(d))
        with tempfile.NamedTemporaryFile() as f:
            f.write(b"x"); f.flush(); print(os.path.getsize(f.name))
        print(os.path.exists(f.name))
        with tempfile.TemporaryFile("w+") as f:
            print(f.write("x"), f.seek(0), f.read())
        with tempfile.SpooledTemporaryFile(4) as f:
            f.write(b"123456"); f.seek(0); print(f.read())
        """,
}
HEAD = """
import io, os, sys
os.umask(0o022)
open("old", "w").write("x")
os.mkdir("folder")
"""
MEMORY = """
import bz2, glob, shutil, tempfile, tarfile, tokenize
from sandbox.processes.memory_files.install import install
install()
"""


@pytest.mark.parametrize("name", PROGRAMS)
def test_files_in_memory_are_as_those_of_the_kernel(name: str, tmp_path: Path) -> None:
    lines = [line.removeprefix("        ") for line in PROGRAMS[name].splitlines()]
    program = HEAD + "\n".join(lines)
    here = Path(__file__).parents[4]
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        command = [sys.executable, "-W", "ignore", "-c"]
        real = subprocess.run([*command, program], cwd=folder, capture_output=True, text=True, check=False)
        memory = subprocess.run(
            [*command, f"import sys\nsys.path.insert(0, {str(here)!r})\n{MEMORY}{program}"],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert real.stderr == ""
    assert (memory.stdout, memory.stderr) == (real.stdout, "")
    assert not Path("/run/old").exists()
