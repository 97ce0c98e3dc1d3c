"""Keep a random sample of the mutants of a Cosmic Ray session: `sample.py SESSION COUNT SEED`."""

import random
import sqlite3
import sys


def main(session: str, count: int, seed: int) -> None:
    with sqlite3.connect(session) as database:
        jobs = sorted(row[0] for row in database.execute("SELECT job_id FROM work_items"))
        kept = set(random.Random(seed).sample(jobs, min(count, len(jobs))))
        for job in jobs:
            if job not in kept:
                database.execute("DELETE FROM mutation_specs WHERE job_id = ?", (job,))
                database.execute("DELETE FROM work_items WHERE job_id = ?", (job,))
    print(f"{len(kept)} of {len(jobs)} mutants")  # noqa: T201


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
