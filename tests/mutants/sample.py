"""Keep a random sample of the mutants of a Cosmic Ray session: `sample.py SESSION COUNT SEED`.

Mutants that no run can show are not drawn: those of annotations, which are never evaluated
(`from __future__ import annotations`), and of imports for type checkers.
"""

import ast
import random
import sqlite3
import sys
from pathlib import Path


def unseen(path: Path) -> list[tuple[int, int, int, int]]:
    """The places, as first and last line and column, that nothing evaluates."""
    nodes: list[ast.AST] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.AnnAssign):
            nodes.append(node.annotation)
        elif isinstance(node, ast.FunctionDef):
            arguments = node.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            every += [rest for rest in (arguments.vararg, arguments.kwarg) if rest]
            nodes += [found.annotation for found in every if found.annotation]
            nodes += [node.returns] if node.returns else []
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            nodes.append(node)
    return [
        (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
        for node in nodes
        if isinstance(node, ast.expr | ast.stmt)
    ]


def main(session: str, count: int, seed: int) -> None:
    with sqlite3.connect(session) as database:
        rows = database.execute(
            "SELECT job_id, module_path, start_pos_row, start_pos_col FROM mutation_specs"
        ).fetchall()
        places = {path: unseen(Path(path)) for path in {row[1] for row in rows}}
        jobs = sorted(
            job
            for job, path, line, column in rows
            if not any(
                (first, begin) <= (line, column) < (last, end)
                for first, begin, last, end in places[path]
            )
        )
        # The same places for the same seed, whatever the identifiers of this session are.
        by_place = {row[0]: (row[1], row[2], row[3]) for row in rows}
        drawn = random.Random(seed).sample(
            sorted(jobs, key=lambda job: by_place[job]), min(count, len(jobs))
        )
        kept = set(drawn)
        for job in by_place.keys() - kept:
            database.execute("DELETE FROM mutation_specs WHERE job_id = ?", (job,))
            database.execute("DELETE FROM work_items WHERE job_id = ?", (job,))
    print(f"{len(kept)} of {len(jobs)} mutants; {len(rows) - len(jobs)} can show nothing")  # noqa: T201


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
