"""Makes ``docs/grammar.md`` and its diagrams, and tables of ``supported-output.md`` and ``library.md``.

The productions, their patterns and the comments beside them come from :mod:`birdstatus.grammar`; the examples
and the places where each was seen come from the recordings under ``tests/fixtures``. Nothing is
typed twice, so none of it can differ from the code.

    python docs/make_grammar.py            write the files
    python docs/make_grammar.py --check    exit 1 where a file is not what would be written
"""

# ruff: noqa: D103 - a script beside its pages, whose small functions' names say what they make

from __future__ import annotations

import ast
import inspect
import io
import re
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pyparsing as pp
from pyparsing.diagram import to_railroad
from railroad import DEFAULT_STYLE  # type: ignore[import-untyped]

from birdstatus import Command, parse_answers, records
from birdstatus.errors import printable
from birdstatus.framing import Form, Line, split_lines
from birdstatus.grammar import attributes, terminals
from birdstatus.grammar.bird1 import protocols, routes, status
from birdstatus.grammar.bird2 import protocols as protocols2
from birdstatus.grammar.bird2 import routes as routes2
from birdstatus.grammar.bird2 import status as status2
from birdstatus.grammar.bird3 import protocols as protocols3
from birdstatus.grammar.bird3 import routes as routes3
from birdstatus.grammar.patterns import pattern
from birdstatus.records import RouteEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import ModuleType

DOCS = Path(__file__).resolve().parent
FIXTURES = DOCS.parent / "tests" / "fixtures"
GRAMMAR = DOCS / "grammar.md"
DIAGRAMS = DOCS / "diagrams"
# Pages with tables between marks.
PAGES = (DOCS / "supported-output.md", DOCS / "library.md")

# Each module of line productions, and where the answer that it reads is asked for.
TITLES: dict[str, str] = {
    "status": "`show status`",
    "protocols": "`show protocols [all]`",
    "routes": "`show route [all]`",
    "status2": "`show status` of BIRD 2 and 3",
    "protocols2": "`show protocols [all]` of BIRD 2 and 3",
    "protocols3": "`show protocols [all]` of BIRD 3 alone",
    "routes2": "`show route [all]` of BIRD 2 and 3",
    "routes3": "`show route [all]` of BIRD 3 alone",
}
BIRD1: dict[str, ModuleType] = {"status": status, "protocols": protocols, "routes": routes}
LATER: dict[str, ModuleType] = {
    "status2": status2, "protocols2": protocols2, "protocols3": protocols3, "routes2": routes2,
    "routes3": routes3,
}  # fmt: skip
LINE_MODULES = BIRD1 | LATER
FIRST_RELEASE = "1.6.8"

# Final lines are read by their code alone; these have productions that plain `birdc` output needs.
EXTRA_LINES: dict[str, dict[int, tuple[pp.ParserElement, ...]]] = {
    "routes": {14: (routes.ROUTE_COUNT_LINE,)},
    "routes2": {14: (routes2.TOTAL_LINE,)},
}

# Fields whose words the grammar does not list: BIRD adds words here from version to version.
OPEN_WORDS = ("capabilities", "session", "source", "cast", "scope")

SHOWN_SCENARIOS = 6
LONGEST_EXAMPLE = 160
A_NUMBER = "[0-9]{1,20}"
SOURCE_ONLY = "not recorded"


# --- what the source says ------------------------------------------------------------------------


def comments_of(module: ModuleType) -> dict[str, list[str]]:
    """The comment above each assignment of a module; assignments in one paragraph share it."""
    source = inspect.getsource(module)
    lines = source.splitlines()
    found: dict[str, list[str]] = {}
    last_end, last_comment = 0, list[str]()
    for node in ast.parse(source).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                first = node.lineno - 1
                while first > 0 and lines[first - 1].startswith("#"):
                    first -= 1
                comment = [line.removeprefix("#") for line in lines[first : node.lineno - 1]]
                if not comment and last_end == first:
                    comment = last_comment
                found[name] = comment
                last_end, last_comment = node.end_lineno or node.lineno, comment
    return found


@dataclass(frozen=True, slots=True)
class Note:
    """A comment, split into its EBNF, by the name on the left side, and what it says in words."""

    ebnf: dict[str, str]
    words: str

    def about(self, name: str, others: Iterable[str]) -> str:
        """The EBNF of one production, without what the same comment says of other productions."""
        foreign = {other.lower() for other in others} - {name.lower()}
        return "\n".join(text for left, text in self.ebnf.items() if left not in foreign)


def note(comment: Iterable[str]) -> Note:
    """A comment's EBNF: lines such as ``1002  row = ...``, with their deeper indented rest."""
    ebnf: dict[str, str] = {}
    words: list[str] = []
    left = ""
    for line in comment:
        # Two productions may stand on one line, far apart.
        for text in re.split(r" {4,}(?=[a-z_]+ = )", line):
            begins = re.match(r" ?(?:[0-9]{4}  )?([a-z_]+) = ", text)
            if begins:
                left = begins[1]
                ebnf[left] = text.strip()
            elif left and re.match(r"   +\S", text):
                ebnf[left] += "\n" + text.rstrip()
            else:
                words.append(text.strip())
    return Note(ebnf, " ".join(words))


@dataclass(slots=True)
class Production:
    """A named production of a line, and what the recordings show of it."""

    module: str
    name: str
    code: int
    element: pp.ParserElement
    ebnf: str
    words: str
    seen: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    fields: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def scenarios(self) -> set[str]:
        return {scenario for scenarios in self.seen.values() for scenario in scenarios}

    @property
    def example(self) -> tuple[str, str] | None:
        """The shortest recorded text that is not blank, and the first scenario that has it."""
        if not self.seen:
            return None
        telling = [text for text in self.seen if len(text) <= LONGEST_EXAMPLE] or list(self.seen)
        text = min(telling, key=lambda one: (not one.strip(), len(one), one))
        return text, min(self.seen[text])


def lines_of(name: str) -> dict[int, tuple[pp.ParserElement, ...]]:
    lines: dict[int, tuple[pp.ParserElement, ...]] = LINE_MODULES[name].LINES
    return lines | EXTRA_LINES.get(name, {})


def names_in(module: ModuleType) -> dict[int, str]:
    return {
        id(value): name
        for name, value in vars(module).items()
        if isinstance(value, pp.ParserElement) and not name.startswith("_")
    }


def productions() -> list[Production]:
    found = []
    for name, module in LINE_MODULES.items():
        names, comments = names_in(module), comments_of(module)
        for code, elements in lines_of(name).items():
            for element in elements:
                if id(element) not in names:
                    # A line as an older release has it, and listed there.
                    continue
                variable = names[id(element)]
                said = note(comments[variable])
                ebnf = said.about(variable, names.values())
                found.append(Production(name, variable, code, element, ebnf, said.words))
    return found


# --- what the recordings show --------------------------------------------------------------------


def recordings() -> Iterator[tuple[str, bytes]]:
    """Each recording's scenario, without the family, and its bytes."""
    for path in sorted(FIXTURES.glob("*/*/*.raw")):
        yield path.parent.name, path.read_bytes()


def recorded_lines() -> Iterator[tuple[str, bool, Line]]:
    """Each recorded line, its scenario, and whether a later BIRD than 1.6 printed it."""
    for path in sorted(FIXTURES.glob("*/*/*.raw")):
        is_later = path.parent.parent.name != FIRST_RELEASE
        for line in split_lines(path.read_bytes(), Form()):
            yield path.parent.name, is_later, line


def observe(all_productions: list[Production]) -> None:
    """Read every recorded line with the productions of its reply code."""
    older: dict[int, list[Production]] = defaultdict(list)
    newer: dict[int, list[Production]] = defaultdict(list)
    for one in all_productions:
        (newer if one.module in LATER else older)[one.code].append(one)
    known: dict[tuple[bool, int, str], tuple[Production, dict[str, str]] | None] = {}
    for scenario, is_later, line in recorded_lines():
        code = -1 if line.code is None else line.code
        key = (is_later, code, line.text)
        if key not in known:
            # What a later release prints as 1.6 does is that release's own line, if it has one.
            candidates = [*(newer[code] if is_later else ()), *older[code]]
            known[key] = matched(candidates, line.text)
        if (found := known[key]) is not None:
            one, groups = found
            one.seen[line.text].add(scenario)
            for name, value in groups.items():
                one.fields[name, value].add(scenario)


def matched(
    candidates: Iterable[Production], text: str
) -> tuple[Production, dict[str, str]] | None:
    """The first production that reads a line, and the fields that it finds there."""
    for one in candidates:
        match = pattern(one.element).match(text)
        if match is not None:
            return one, {name: value for name, value in match.groupdict().items() if value}
    return None


def attribute_texts() -> dict[str, dict[str, set[str]]]:
    """Of each route attribute the recorded texts and where they stand."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for scenario, raw in recordings():
        for answer in parse_answers(raw, []):
            for record in answer.records if answer.command is Command.ROUTES else ():
                for one in record.attributes if isinstance(record, RouteEntry) else ():
                    found[one.name][one.text].add(scenario)
    return found


def families_joined(scenarios: Iterable[str]) -> list[str]:
    return sorted({re.sub(r"-v[46]\Z", "", scenario) for scenario in scenarios})


def where(scenarios: Iterable[str]) -> str:
    """Names of scenarios, without family; of many, how many."""
    names = families_joined(scenarios)
    if len(names) > SHOWN_SCENARIOS:
        return f"{len(names)} scenarios"
    return ", ".join(names) or SOURCE_ONLY


# --- parts of a line: words of a closed set, and what is optional --------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """A field of a line, or one of the texts that the grammar lists for it."""

    field: str
    text: str
    pattern: str


def parts_of(element: pp.ParserElement, *, optional: bool = False) -> Iterator[Part]:
    if element.resultsName:
        listed = alternatives(element)
        if len(listed) > 1:
            for text, one in listed:
                if text == A_NUMBER:
                    continue
                yield Part(element.resultsName, text, one)
        elif optional:
            yield Part(element.resultsName, "", ".*")
        return
    match element:
        case pp.Opt():
            yield from parts_of(element.expr, optional=True)
        case pp.And() | pp.MatchFirst():
            for inner in element.exprs:
                either = isinstance(element, pp.MatchFirst)
                yield from parts_of(inner, optional=optional or either)


def alternatives(element: pp.ParserElement) -> list[tuple[str, str]]:
    """The alternatives that an element lists, each as shown and as a pattern."""
    match element:
        case pp.MatchFirst():
            words = [one.match for one in element.exprs if isinstance(one, pp.Literal)]
            return [(word, re.escape(word)) for word in words]
        case pp.Regex() if isinstance(element.pattern, str):
            group = re.fullmatch(r"\(\?:([^()]*)\)(.*)", element.pattern)
            choice = re.fullmatch(r"( ?)\[([^]\\-]+)\]", element.pattern)
            if group:
                tails = [one + group[2] for one in split_choice(group[1])]
                return [(one.removesuffix(": .*"), one) for one in tails]
            if choice:
                return [(one, re.escape(choice[1] + one)) for one in choice[2]]
            return [(one, one) for one in split_choice(element.pattern)]
    return []


def split_choice(text: str) -> list[str]:
    """A pattern's alternatives at its top level."""
    found, depth, start = [], 0, 0
    for match in re.finditer(r"\\.|[][(){}|]", text):
        if match[0] in "[({":
            depth += 1
        elif match[0] in "])}":
            depth -= 1
        elif match[0] == "|" and depth == 0:
            found.append(text[start : match.start()])
            start = match.end()
    return [*found, text[start:]]


# --- pages ---------------------------------------------------------------------------------------


def code_span(text: str) -> str:
    """Text as code in a table's cell."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{printable(text)}{fence}".replace("|", "\\|")


def block(language: str, text: str) -> list[str]:
    return [f"```{language}", text, "```", ""]


def anchor(production: Production) -> str:
    return f"{production.module}-{production.name.lower().replace('_', '-')}"


def grammar_page(all_productions: list[Production]) -> str:
    lines = [
        "# Grammar",
        "",
        "<!-- Made by docs/make_grammar.py from src/birdstatus/grammar and tests/fixtures. Do not edit. -->",
        "",
        "Every line shape of BIRD 1.6, 2 and 3 that the library reads. Of BIRD 2 and 3 those are listed that",
        "differ from 1.6. Each production has its reply code, its EBNF",
        "(the comment beside it in the source), the pattern that the scanner compiles from it, and the",
        "shortest recorded line that it reads. Control characters in examples are shown as escapes.",
        "",
        'In the EBNF `"x"` is literal, `[ ]` optional, `{ }` repeated, `|` an ordered choice, `SP` one or',
        "more spaces, `TAB` a tab, `END` trailing blanks and the end of the line. Productions describe the",
        "text of one line after its reply code; lines become replies in `birdstatus.framing`.",
        "",
        "What is recorded where is in [supported-output.md](supported-output.md).",
        "",
    ]
    for name, module in LINE_MODULES.items():
        own = [one for one in all_productions if one.module == name]
        lines += [
            f"## {TITLES[name]}",
            "",
            f"Source: `{source_of(module)}`.",
            "",
            f"![Railroad diagrams of the productions of {name}](diagrams/{name}.svg)",
            "",
        ]
        lines += parts_section(module, {one.name for one in own})
        for one in own:
            lines += production_section(one)
    lines += attribute_section()
    lines += terminal_section(all_productions)
    return "\n".join(lines).rstrip() + "\n"


def source_of(module: ModuleType) -> str:
    return f"src/{module.__name__.replace('.', '/')}.py"


def parts_section(module: ModuleType, lines_named: set[str]) -> list[str]:
    """Productions that stand for a part of a line and have their own EBNF."""
    names = names_in(module).values()
    own = {
        name: said
        for name, comment in comments_of(module).items()
        if name in names and name not in lines_named
        for said in [note(comment)]
        # A part that stands in the comment of a line is shown there.
        if said.ebnf and not any(re.match("[0-9]{4} ", text) for text in said.ebnf.values())
        if name.lower() in said.ebnf or name.lower().removeprefix("_") in said.ebnf
    }
    if not own:
        return []
    result = ["### Parts of lines", ""]
    for name, said in own.items():
        result += block("ebnf", said.about(name, lines_named))
        if said.words:
            result += [said.words, ""]
    return result


def production_section(one: Production) -> list[str]:
    result = [
        f'<a id="{anchor(one)}"></a>',
        "",
        f"### `{one.name}`: {one.element}",
        "",
        f"Reply code {one.code:04}.",
        "",
    ]
    if one.ebnf:
        result += block("ebnf", one.ebnf)
    if one.words:
        result += [one.words, ""]
    if one.example is None:
        result += ["Not recorded from a daemon; read in BIRD's source.", ""]
    else:
        text, scenario = one.example
        result += [f"Example, from `{scenario}`:", "", *block("text", printable(text) or " ")]
    result += ["<details><summary>Pattern</summary>", ""]
    result += block("text", pattern(one.element).pattern)
    return [*result, "</details>", ""]


def attribute_section() -> list[str]:
    texts = attribute_texts()
    names, comments = names_in(attributes), comments_of(attributes)
    result = [
        "## Values of route attributes",
        "",
        "Source: `src/birdstatus/grammar/attributes.py`.",
        "",
        "![Railroad diagrams of attribute values](diagrams/attributes.svg)",
        "",
        "Blanks between the parts of a value do not count. A text that its production does not read",
        "stays text.",
        "",
    ]
    users: dict[int, list[str]] = defaultdict(list)
    for name, element in attributes.VALUES.items():
        users[id(element)].append(name)
    shown = {id(element): element for element in attributes.VALUES.values()}
    result += block("ebnf", note(comments["SEGMENT"]).about("SEGMENT", ()))
    for key, element in shown.items():
        said = note(comments[names[key]])
        result += [f"### `{names[key]}`: {element}", ""]
        result += block("ebnf", said.about(names[key], [names[other] for other in shown]))
        for name in users[key]:
            recorded = texts.get(name, {})
            telling = [one for one in recorded if len(one) <= LONGEST_EXAMPLE]
            # The longest that fits a line shows most.
            best = max(telling, key=lambda one: (len(one), one), default=None)
            if best is None:
                best = min(recorded, key=lambda one: (len(one), one), default=None)
            result.append(
                f"- `{name}`: {SOURCE_ONLY}"
                if best is None
                else f"- `{name}`, from `{min(recorded[best])}`: {code_span(best)}"
            )
        result.append("")
    return result


def terminal_section(all_productions: list[Production]) -> list[str]:
    """Every named terminal that a line production uses."""
    named: dict[tuple[str, str], None] = {}
    for one in all_productions:
        for inner in walk(one.element):
            if isinstance(inner, pp.Regex) and inner.customName and isinstance(inner.pattern, str):
                named[inner.customName, printable(inner.pattern)] = None
    result = ["## Terminals", "", "| Terminal | Pattern |", "|---|---|"]
    result += [
        f"| {name} | {code_span(text)} |"
        for name, text in sorted(named)
        if "(?=" not in text or len(text) < LONGEST_EXAMPLE // 2
    ]
    result += [
        "",
        "A time is not a terminal of its own: BIRD prints whatever the configured `timeformat` makes.",
        "It is the shortest text, perhaps none, after which the rest of the line reads (`text_before`",
        "in `terminals.py`).",
        "",
    ]
    words = note(comments_of(terminals)["TAB"]).words
    return [*result, f"`TAB`: {words}", ""]


def walk(element: pp.ParserElement) -> Iterator[pp.ParserElement]:
    yield element
    match element:
        case pp.And() | pp.MatchFirst():
            for inner in element.exprs:
                yield from walk(inner)
        case pp.Opt():
            yield from walk(element.expr)


# --- tables of supported-output.md ----------------------------------------------------------------


def line_table(own: list[Production]) -> list[str]:
    result = ["| Code | Production | Line | Recorded in |", "|---|---|---|---|"]
    for one in own:
        # The line's own production, without those of its parts.
        own_ebnf = re.split(r"\n(?=[a-z_]+ = )", one.ebnf)[0]
        shape = " ".join(line.strip() for line in own_ebnf.splitlines())
        shape = re.sub(r"\A(?:[0-9]{4}  )?[a-z_]+ = ", "", shape)
        # What stands far behind the EBNF is a remark.
        shape = re.sub(r' {4,}(?=(?:[^"]*"[^"]*")*[^"]*\Z).*', "", shape)
        result.append(
            f"| {one.code:04} | [`{one.name}`](grammar.md#{anchor(one)}) | {code_span(shape)} "
            f"| {where(one.scenarios)} |"
        )
    return result


def part_table(own: list[Production]) -> list[str]:
    result = ["| Production | Part | Recorded in |", "|---|---|---|"]
    for one in own:
        for part in dict.fromkeys(parts_of(one.element)):
            scenarios = {
                scenario
                for (name, value), places in one.fields.items()
                if name == part.field and re.fullmatch(part.pattern, value, re.DOTALL)
                for scenario in places
            }
            shown = f"`{part.field}`" + (f": {code_span(part.text)}" if part.text else "")
            result.append(f"| `{one.name}` | {shown} | {where(scenarios)} |")
    return result


def word_table(all_productions: list[Production]) -> list[str]:
    """Recorded words of fields for which the grammar lists none."""
    result = ["| Production | Field | Recorded words |", "|---|---|---|"]
    for one in all_productions:
        for name in OPEN_WORDS:
            words = {w for key, value in one.fields if key == name for w in value.split()}
            if words:
                shown = ", ".join(code_span(word) for word in sorted(words))
                result.append(f"| `{one.name}` | `{name}` | {shown} |")
    return result


def attribute_table() -> list[str]:
    result = ["| Attribute | Read as | Recorded in |", "|---|---|---|"]
    texts = attribute_texts()
    names = names_in(attributes)
    for name in sorted({*texts, *attributes.VALUES}):
        element = attributes.VALUES.get(name)
        read_as = "text, or a number" if element is None else f"`{names[id(element)]}`"
        scenarios = {scenario for places in texts.get(name, {}).values() for scenario in places}
        result.append(f"| {code_span(name)} | {read_as} | {where(scenarios)} |")
    return result


def fields_by_release() -> dict[str, dict[str, set[str]]]:
    """Of each kind of record, the fields that recordings fill, and in which major versions of BIRD."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path in sorted(FIXTURES.glob("*/*/*.raw")):
        major = MAJORS[path.parent.parent.name.partition(".")[0]]
        for answer in parse_answers(path.read_bytes(), []):
            waiting: list[object] = list(answer.records)
            while waiting:
                value = waiting.pop()
                waiting += value if isinstance(value, tuple) else ()
                defaults: dict[str, object] = getattr(value, "_field_defaults", {})
                for name in getattr(value, "_fields", ()):
                    if name not in defaults or getattr(value, name) != defaults[name]:
                        found[type(value).__name__][name].add(major)
    return found


MAJORS = {"1": "1.6", "2": "2", "3": "3"}


def field_table() -> list[str]:
    result = ["| Record | Of BIRD | Fields |", "|---|---|---|"]
    seen = fields_by_release()
    for name in records.__all__:
        kind = getattr(records, name)
        by_majors: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for field_name in getattr(kind, "_fields", ()):
            majors = tuple(sorted(seen.get(name, {}).get(field_name, ())))
            by_majors[majors].append(code_span(field_name))
        for majors, fields in sorted(by_majors.items(), key=lambda item: (-len(item[0]), item[0])):
            releases = ", ".join(majors) if majors else SOURCE_ONLY
            result.append(f"| `{name}` | {releases} | {', '.join(fields)} |")
    return result


def regions(all_productions: list[Production]) -> dict[str, list[str]]:
    found = {}
    for name in LINE_MODULES:
        own = [one for one in all_productions if one.module == name]
        found[f"{name} lines"] = line_table(own)
        found[f"{name} parts"] = part_table(own)
    found["words"] = word_table(all_productions)
    found["attributes"] = attribute_table()
    found["fields"] = field_table()
    scenarios = {scenario for scenario, _ in recordings()}
    versions = sorted(path.name for path in FIXTURES.iterdir() if path.is_dir())
    names = families_joined(scenarios)
    found["recordings"] = [
        f"{sum(1 for _ in recordings())} recordings of {len(names)} scenarios, BIRD {', '.join(versions)}:",
        f"{', '.join(names)}.",
    ]
    return found


def supported_page(page: str, made: Mapping[str, list[str]]) -> str:
    """The page with what stands between its marks made anew."""

    def filled(match: re.Match[str]) -> str:
        return f"{match[1]}\n" + "\n".join(made[match[2]]) + f"\n{match[3]}"

    return re.sub(r"(<!-- made: (.*?) -->)\n.*?(<!-- end -->)", filled, page, flags=re.DOTALL)


# --- diagrams ------------------------------------------------------------------------------------

MARGIN = 20
TITLE_HEIGHT = 30


def diagrams_of(named: Iterable[tuple[str, pp.ParserElement]]) -> str:
    """Railroad diagrams below each other, as one SVG without scripts, links or fonts of its own."""
    drawn: dict[str, tuple[str, float, float]] = {}
    for name, element in named:
        inner = {one.customName: one for one in walk(element) if one.customName}
        for diagram in to_railroad(element.copy().set_name(name), show_results_names=True):
            one = inner.get(diagram.name)
            # A terminal says no more as a diagram than in the table of terminals.
            if diagram.name in drawn or (
                diagram.name != name and not isinstance(one, pp.MatchFirst)
            ):
                continue
            output = io.StringIO()
            diagram.diagram.writeSvg(output.write)
            svg = re.sub(r'</?a(?: xlink:href="[^"]*")?>', "", output.getvalue())
            svg = re.sub(r"(<text[^>]*>[^<]*</text>)\1", r"\1", svg)
            drawn[diagram.name] = (svg, *size_of(svg))
    wide = max(width for _, width, _ in drawn.values()) + 2 * MARGIN
    top = float(MARGIN)
    body = []
    for name, (svg, _, height) in drawn.items():
        body.append(f'<text class="title" x="{MARGIN}" y="{top + 16:g}">{escape(name)}</text>')
        body.append(
            svg.replace("<svg ", f'<svg x="{MARGIN}" y="{top + TITLE_HEIGHT:g}" ', 1).strip()
        )
        top += TITLE_HEIGHT + height + MARGIN
    style = DEFAULT_STYLE + "\n\ttext.title { text-anchor: start; font: bold 16px monospace; }"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:g}" height="{top:g}" '
        f'viewBox="0 0 {wide:g} {top:g}">\n<style>{style}\n</style>\n'
        f'<rect width="100%" height="100%" fill="white" stroke="none"/>\n'
        + "\n".join(body)
        + "\n</svg>\n"
    )


def size_of(svg: str) -> tuple[float, float]:
    """Width and height of an SVG, of which its first tag tells."""
    attributes_of = dict(re.findall(r' (\w+)="([^"]*)"', svg.partition(">")[0]))
    return float(attributes_of["width"]), float(attributes_of["height"])


def diagram_files(all_productions: list[Production]) -> dict[Path, str]:
    files = {
        DIAGRAMS / f"{name}.svg": diagrams_of(
            (one.name, one.element) for one in all_productions if one.module == name
        )
        for name in LINE_MODULES
    }
    names = names_in(attributes)
    values = {names[id(element)]: element for element in attributes.VALUES.values()}
    files[DIAGRAMS / "attributes.svg"] = diagrams_of(
        {"SEGMENT": attributes.SEGMENT, **values}.items()
    )
    return files


# --- the command ---------------------------------------------------------------------------------


def made_files() -> dict[Path, str]:
    all_productions = productions()
    observe(all_productions)
    made = regions(all_productions)
    return {
        GRAMMAR: grammar_page(all_productions),
        **{page: supported_page(page.read_text(encoding="utf-8"), made) for page in PAGES},
        **diagram_files(all_productions),
    }


def main(arguments: list[str]) -> int:
    """Write the files, or with ``--check`` compare them."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: make_grammar.py [--check]\n")
        return 2
    stale = 0
    for path, text in made_files().items():
        if arguments:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                sys.stderr.write(
                    f"{path.relative_to(DOCS.parent)} is not up to date: run `make docs`\n"
                )
                stale = 1
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
