"""Do imports go down only? The contracts are in pyproject.toml; import-linter reads them."""

from importlinter.cli import lint_imports

from tools.sizes import ROOT


def test_every_contract_is_kept(capsys):
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == 0, capsys.readouterr().out
