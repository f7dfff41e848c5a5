"""Record what this machine's kernel answers to the experiments of the lesson on your own kernel.

Usage: python -m tools.recorded
"""

import dataclasses

from vmalab.host import Host
from vmalab.records.run import format_transcript
from vmalab.workloads.experiments import EXPERIMENTS, FILE, RECORDED


def transcript() -> str:
    """What the kernel answers today, a sequence an experiment.

    Raises:
        HostError: this machine's kernel cannot be asked.
    """
    parts = [f"# What {RECORDED} (x86_64) answered to vmalab/workloads/experiments.py."]
    with Host(sealed=True, flags_each=True) as host:
        for number, one in enumerate(EXPERIMENTS.values(), 1):
            run = host.run(dataclasses.replace(one.program, name=str(number)))
            parts += format_transcript(run).splitlines()[1:]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    FILE.write_text(transcript(), encoding="utf-8")
