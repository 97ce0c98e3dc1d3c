"""Times of BIRD 2 and 3, in every form that a configuration or a session may ask for."""

from ..dual import DualStage
from ..dual_pieces import DEVICE, client, four, six, static
from ..expected import Session, Truth
from ..pieces import OTHER_AS
from ..recording import Recorder
from . import dual

_FORMS = {
    "times-calico": 'timeformat protocol "%F";\ntimeformat route "%T";\n',
    "times-epoch": 'timeformat base "%s";\ntimeformat protocol "%s";\ntimeformat route "%s";\n',
    "times-iso-long": "timeformat base iso long;\ntimeformat protocol iso long;\n"
    "timeformat route iso long;\n",
    "times-iso-long-ms": "timeformat base iso long ms;\ntimeformat protocol iso long ms;\n"
    "timeformat route iso long ms;\n",
    "times-iso-long-us": "timeformat base iso long us;\ntimeformat protocol iso long us;\n"
    "timeformat route iso long us;\n",
    "times-iso-short": "timeformat protocol iso short;\ntimeformat route iso short us;\n",
    "times-empty": 'timeformat protocol "";\ntimeformat route "";\n',
    "times-brackets": 'timeformat protocol "%a %d, %T [%Z]";\ntimeformat route "%a %d, %T [UTC] * (1)";\n',
}


def _play(stage: DualStage, recorder: Recorder, form: str) -> None:
    stage.peer(2, static("ipv4", "198.18.2.0/24 blackhole") + client(stage, 2))
    daemon = stage.start(
        _FORMS[form]
        + DEVICE
        + static("ipv4", "198.18.1.0/24 blackhole")
        + static("ipv6", "2001:db8:1::/48 blackhole")
        + four(stage, "Node_10_4_0_2", 2)
        + six(stage, "Node_fd5c_4__2", 2)
    )
    sessions = (
        Session(name="Node_10_4_0_2", address=stage.four(2), asn=OTHER_AS),
        Session(name="Node_fd5c_4__2", address=stage.six(2), asn=OTHER_AS),
    )
    texts = {"show route": ("198.18.2.0/24", "2001:db8:1::/48")}
    recorder.record(daemon, Truth(sessions=sessions, texts=texts))
    if form == "times-calico" and stage.release.number >= (2, 16):
        for name, wanted in (("epoch", '"%s"'), ("long", "iso long ms"), ("longer", "iso long us")):
            recorder.session(
                daemon, f"asked_{name}",
                ["restrict", f"timeformat {wanted}", "show status", "show protocols all",
                 "show route table master4"],
            )  # fmt: skip


@dual("times-calico")
def calico(stage: DualStage, recorder: Recorder) -> None:
    """A date alone of protocols and a clock time alone of routes, as Calico's draft has it; then what
    a session asks for itself.
    """
    _play(stage, recorder, "times-calico")


@dual("times-epoch")
def epoch(stage: DualStage, recorder: Recorder) -> None:
    """Seconds since 1970."""
    _play(stage, recorder, "times-epoch")


@dual("times-iso-long")
def iso_long(stage: DualStage, recorder: Recorder) -> None:
    """Date and clock time, with a blank between them."""
    _play(stage, recorder, "times-iso-long")


@dual("times-iso-long-ms")
def iso_long_ms(stage: DualStage, recorder: Recorder) -> None:
    """The same with milliseconds."""
    _play(stage, recorder, "times-iso-long-ms")


@dual("times-iso-long-us")
def iso_long_us(stage: DualStage, recorder: Recorder) -> None:
    """The same with microseconds."""
    _play(stage, recorder, "times-iso-long-us")


@dual("times-iso-short")
def iso_short(stage: DualStage, recorder: Recorder) -> None:
    """Clock times without a fraction, and with six digits of it."""
    _play(stage, recorder, "times-iso-short")


@dual("times-empty")
def empty(stage: DualStage, recorder: Recorder) -> None:
    """No time at all."""
    _play(stage, recorder, "times-empty")


@dual("times-brackets")
def brackets(stage: DualStage, recorder: Recorder) -> None:
    """Times that look like the end of a row."""
    _play(stage, recorder, "times-brackets")
