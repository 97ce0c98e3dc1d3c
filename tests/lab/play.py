"""Record one scenario in one family: `python -m tests.lab.play SCENARIO FAMILY FIXTURES`.

A process of its own, so that whatever it started ends with it.
"""

import sys
from pathlib import Path

from .daemon import FAMILIES
from .recording import Recorder
from .scenarios import load
from .stage import Stage


def main(name: str, family: str, fixtures: str) -> None:
    chosen = load()[name]
    number = next(one for one in FAMILIES if str(one) == family)
    with Stage(number) as stage:
        recorder = Recorder(name, chosen.shows, stage, Path(fixtures))
        chosen.scene(stage, recorder)
    recorder.write()


if __name__ == "__main__":
    main(*sys.argv[1:])
