"""Call the command line as a shell would, in this process."""

import sys
from dataclasses import dataclass

import pytest

from vmalab.cli import main


@dataclass
class Ended:
    status: int
    out: str
    err: str


@pytest.fixture
def vmalab(monkeypatch, capsys):
    """A function: arguments to exit status, standard output and standard error."""

    def call(*args):
        monkeypatch.setattr(sys, "argv", ["vmalab", *map(str, args)])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return Ended(int(end.value.code or 0), captured.out, captured.err)

    return call


@pytest.fixture
def program(tmp_path):
    """A function: lines to the path of a file that holds them."""

    def write(*lines):
        path = tmp_path / "program.vma"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write
