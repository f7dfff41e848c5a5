"""Writing every report of a grading folder, from the results in it.

OUT/grades.csv, OUT/canvas.csv, OUT/junit.xml
OUT/reports/LEARNER.html
OUT/gradescope/LEARNER.SET.json
OUT/autograded/LEARNER/SET/SET.ipynb
"""

from __future__ import annotations

from itertools import groupby

from vmalab.grading.report_html import report
from vmalab.grading.report_nbgrader import autograded
from vmalab.grading.report_tables import canvas_csv, class_csv, gradescope, junit
from vmalab.grading.results import Result
from vmalab.grading.store import Store, safe_name, write_whole


def write_reports(store: Store) -> list[Result]:
    """Write them all; the results, as reported.

    Raises:
        ValueError: the instructor's overrides cannot be read.
    """
    with store.reports_locked():
        results = store.all_results()
        out = store.folder
        write_whole(out / "grades.csv", class_csv(results))
        write_whole(out / "canvas.csv", canvas_csv(results))
        write_whole(out / "junit.xml", junit(results))
        for learner, mine in groupby(results, key=lambda one: str(one["learner"])):
            sets, name = list(mine), safe_name(learner)
            write_whole(out / "reports" / f"{name}.html", report(sets))
            for one in sets:
                number = one["exercise"]
                write_whole(out / "gradescope" / f"{name}.{number}.json", gradescope(one))
                write_whole(out / "autograded" / name / number / f"{number}.ipynb", autograded(one))
    return results
