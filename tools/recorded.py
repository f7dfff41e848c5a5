"""Record what this machine's kernel answers to the experiments of the lesson on your own kernel.

Usage: python -m tools.recorded
"""

import dataclasses

from vmalab.host import run_program
from vmalab.records.run import format_transcript
from vmalab.workloads.experiments import EXPERIMENTS, FILE, RECORDED


def transcript() -> str:
    """What the kernel answers today, a sequence an experiment.

    Raises:
        HostError: this machine's kernel cannot be asked.
    """
    parts = [f"# What {RECORDED} (x86_64) answered to vmalab/workloads/experiments.py."]
    for number, one in enumerate(EXPERIMENTS.values(), 1):
        program = dataclasses.replace(one.program, name=str(number))
        run = run_program(program, sealed=True, flags_each=True)
        parts += format_transcript(run).splitlines()[1:]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    FILE.write_text(transcript(), encoding="utf-8")
