"""``vmalab uml``: what does a guest cost, on which host, and what if there is no such guest?"""

import json

import pytest


def test_both_policies_side_by_side(vmalab):
    ended = vmalab("uml", "--pages", 200)
    assert ended.status == 0
    assert "mmap on linux-2.6-manyprots-v4" in ended.out
    table = {line[:29].strip(): line[29:].split() for line in ended.out.splitlines()}
    dear, cheap = table["VMAs of one process, at most"]
    assert int(dear) > 150
    assert int(cheap) == 3
    assert "simulated time: Linux 6.18.44" in ended.out


def test_one_policy_as_json_on_another_host(vmalab):
    ended = vmalab("uml", "--pages", 100, "--policy", "rfp", "--on", "linux-6", "--json")
    (report,) = json.loads(ended.out)
    assert (report["kernel"], report["policy"], report["sizeof_vma"]) == ("linux-6", "rfp", 192)
    assert report["calls"]["mprotect"] > 50
    assert report["simulated"]["calls_us"] > 0
    assert report["params"]["pages"] == 100


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_a_plot_is_written(vmalab, tmp_path, suffix):
    path = tmp_path / f"uml.{suffix}"
    ended = vmalab("uml", "--pages", 100, "--plot", path)
    assert ended.err == f"{path}: written\n"
    assert path.stat().st_size > 1000


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--pages", 0], "choose between 1 and"),
        (["--policy", "hope"], "choose one of mmap, rfp, both"),
        (["--on", "linux-7"], "choose one of linux-2.6"),
        (["--on", "linux-6", "--arch", "i386"], "not on 'i386'"),
        (["--mode", "tt"], "choose one of skas0, skas3"),
        (["--pages", 10, "--plot", "no/such/place.svg"], "choose a .svg"),
        (["--pages", 10, "--plot", "picture.doc"], "choose a .svg"),
    ],
)
def test_wrong_wishes_are_one_line_with_the_cure(vmalab, args, told):
    ended = vmalab("uml", *args)
    assert ended.status == 2
    assert told in ended.err
    assert len(ended.err.splitlines()) == 1
