"""What a text is that is not BIRD output, in words for a person."""

from __future__ import annotations

import re

__all__ = ["identified", "line_identified"]

_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"BZh", "bzip2"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x7fELF", "a program"),
    (b"%PDF", "a PDF file"),
    (b"\x89PNG", "an image (PNG)"),
    (b"\xff\xd8\xff", "an image (JPEG)"),
    (b"GIF8", "an image (GIF)"),
    (b"\xd4\xc3\xb2\xa1", "a packet capture"),
    (b"\xa1\xb2\xc3\xd4", "a packet capture"),
    (b"\x0a\x0d\x0d\x0a", "a packet capture"),
    (b"SQLite format 3", "an SQLite database"),
)
_TAR = slice(257, 262)

_ROUTE = (
    r"(?m)^(?:default|[0-9.]+(?:/[0-9]+)?|[0-9a-f:]+(?:/[0-9]+)?"
    r"|(?:blackhole|unreachable|prohibit) +[0-9a-f.:/]+)"
    r"(?: +via [^ ]+)?(?: +dev [^ ]+)? +(?:proto|scope|metric|src|onlink|table) "
)
_CONFIGURATION = (
    r"(?m)^\s*(?:protocol|template) +(?:bgp|kernel|static|device|direct|ospf|pipe|babel|rip)\b"
    r"[^\n]*\{"
    r"|^\s*router +id +[0-9.]+;"
)
_OTHER_ROUTER = (
    r"(?m)^BGP neighbor is |^BGP router identifier |^(?:IPv4 Unicast|Neighbor +V +AS)"
    r"|^Codes: K - kernel"
)
_LOOKS = (
    (r"""kind["']?: *["']?CalicoNodeStatus(?:List)?\b""", "a CalicoNodeStatus"),
    (r"""kind["']?: *["']?(?P<kind>[A-Z]\w+)""", "a Kubernetes object ({kind})"),
    (r"(?i)\A\s*<(?:!doctype|html|\?xml|head|body)", "a web page (HTML or XML)"),
    (r"\A\s*-----BEGIN ", "a key or a certificate (PEM)"),
    (r"\| *(?:PEER ADDRESS|Peer address) *\|", "the table of `calicoctl node status`"),
    (r"(?m)^Calico process is running|^calico-node container is running",
     "the output of `calicoctl node status`"),
    (_OTHER_ROUTER, "output of FRR, Quagga or another router"),
    (_CONFIGURATION, "a configuration of BIRD"),
    (_ROUTE, "the output of `ip route`"),
    (r"(?m)^(?:Destination +Gateway +Genmask|Kernel IP routing table)",
     "the output of `route` or `netstat -r`"),
    (r"(?m)^[0-9]+: [^ :]+: <[A-Z_,-]+> mtu ", "the output of `ip address` or `ip link`"),
    (r"(?m)^[0-9-]+[ T_][0-9:.]+Z? (?:stdout |stderr )?(?:[FP] )?(?:bird6?|birdc?l?): ", "a log of BIRD"),
    (r"(?m)^[0-9-]+[ T][0-9:.,]+Z? \[(?:INFO|WARNING|ERROR|DEBUG|FATAL)\]", "a log of Calico"),
    (r"(?m)^NAME +(?:READY|STATUS|AGE|DESIRED|VERSION)\b", "the output of `kubectl get`"),
    (r"(?m)^Name: +[\w.-]+\nNamespace: ", "the output of `kubectl describe`"),
    (r"\A\s*[\[{]\s*(?:\"|\{|\[|\]|\}|\d)", "JSON"),
    (r"\A\s*(?:---\s*\n)?\s*[\w.-]+:(?: [^\n]*)?\n\s*(?:- )?[\w.\"'-]+:(?: |\n)", "YAML"),
)  # fmt: skip
_PATTERNS = [(re.compile(pattern), name) for pattern, name in _LOOKS]

_SHELL_PROMPT = (
    r"[\w.-]+@[\w.-]+|\[[^\]]*@[^\]]*\]|PS [A-Za-z]:|[$%\u276f\u279c\xbb]|sh-[0-9.]+|bash-[0-9.]+"
    r"|~ ?[#$]|/ ?[#$]|# +(?:kubectl|birdc|docker|crictl|ssh|sudo)\b"
)
_PROGRAM = r"(?:sudo|kubectl|docker|crictl|ssh|nc|socat|echo|cat) .*|(?:exit|logout)\b.*"
_LINES = (
    (rf"(?:{_SHELL_PROMPT}).*", "a shell's command line"),
    (_PROGRAM, "a shell's command line"),
    (r"show +(?:status|protocols?|route)\b.*", "the command itself"),
    (r"Defaulted container .*|Defaulting container name .*|Use 'kubectl describe .*", "a message of kubectl"),
    (r"error: .*|Error from server.*|command terminated with exit code [0-9]+.*|Unable to use a TTY.*",
     "an error of kubectl"),
    (r"Unable to connect to server control socket.*", "a failure to reach BIRD"),
    (r"(?:bash: |sh: )?(?:[0-9]+: )?bird[a-z0-9]*: (?:command )?not found.*", "a failure to reach BIRD"),
)  # fmt: skip
_LINE_PATTERNS = [(re.compile(pattern), name) for pattern, name in _LINES]

# So much of a line is looked at.
_REACH = 300


def identified(head: bytes, text: str) -> str:
    """What a text is, from its first bytes and the same as text; empty if nothing is recognised."""
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head[_TAR] == b"ustar":
        return "a tar archive"
    for pattern, name in _PATTERNS:
        found = pattern.search(text)
        if found is not None:
            return name.format(**found.groupdict())
    if b"\0" in head:
        return "binary data"
    return ""


def line_identified(text: str) -> str:
    """What a single line is; empty if nothing is recognised."""
    for pattern, name in _LINE_PATTERNS:
        if pattern.match(text[:_REACH]):
            return name
    return ""
