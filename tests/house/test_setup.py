"""Does set-up do no more than it must, and say what to do when it cannot?"""

import pytest

from tools import setup_env, stages


@pytest.fixture
def machine(monkeypatch):
    """A machine with no browser and no way to install one; what set-up says there."""
    said = []
    monkeypatch.setattr(setup_env, "say", said.append)
    monkeypatch.setattr(setup_env.shutil, "which", lambda _: None)
    monkeypatch.delenv("VMALAB_CHROMIUM", raising=False)
    return said


def test_without_a_browser_home_is_told_that_tests_are_skipped(machine, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    setup_env.have_browser()
    assert any("SKIPPED" in line and "apt-get install chromium" in line for line in machine)


def test_without_a_browser_ci_fails(machine, monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(setup_env.CannotSetUp, match="apt-get install chromium"):
        setup_env.have_browser()


def test_an_environment_that_is_up_to_date_is_left_alone(tmp_path, monkeypatch, machine):
    monkeypatch.setattr(setup_env, "STAMP", tmp_path / "stamp")
    setup_env.STAMP.write_text(setup_env.fingerprint())
    setup_env.make_environment()
    assert not machine


def test_an_environment_from_elsewhere_is_made_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(setup_env, "VENV", tmp_path / "venv")
    monkeypatch.setattr(setup_env, "PYTHON", tmp_path / "venv/bin/python")
    (tmp_path / "venv/bin").mkdir(parents=True)
    setup_env.clear_unusable(needs_pip=False)
    assert not (tmp_path / "venv").exists()


def test_stages_stop_at_the_first_failure_and_end_with_a_table(monkeypatch, capsys):
    monkeypatch.setattr(stages, "MAKE", "false")
    assert stages.main(["check", "unit"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in told if line.startswith(("check", "unit"))] == [
        ["check", "FAILED"],
        ["unit", "not"],
    ]
