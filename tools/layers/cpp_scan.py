# SPDX-License-Identifier: Apache-2.0
"""A rough reading of C++: enough to find includes, raw strings and the extent of functions.

No parser: comments and literals are blanked, then braces are followed. The code it has to understand
is our own, formatted by clang-format, so rough is enough; test_check_layers.py shows what it knows.
"""
import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r'//[^\n]*'
    r'|/\*.*?\*/'
    r'|(?:u8|[uUL])?R"(?P<delimiter>[^\s()\\]{0,16})\(.*?\)(?P=delimiter)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'",
    re.DOTALL)


def _blank(text):
    return re.sub(r'[^\n]', ' ', text)


def blank_literals(text):
    """The text with comments and the insides of literals as spaces; every line keeps its number."""
    def replacement(match):
        token = match.group()
        if token.startswith('/'):
            return _blank(token)
        return token[0] + _blank(token[1:-1]) + token[-1] if not token[0].isalpha() else _blank(token)
    return _TOKEN.sub(replacement, text)


def raw_string_lines(text):
    """Numbers of the lines that a raw string literal touches."""
    lines = set()
    for match in _TOKEN.finditer(text):
        if match.group('delimiter') is not None:
            first = text.count('\n', 0, match.start()) + 1
            lines.update(range(first, first + match.group().count('\n') + 1))
    return lines


@dataclass
class Include:
    line: int
    name: str
    quoted: bool


def includes(text):
    found = []
    for number, line in enumerate(text.split('\n'), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            found.append(Include(number, match.group(2), match.group(1) == '"'))
    return found


@dataclass
class Function:
    name: str
    line: int
    lines: int


_CONTAINER = re.compile(r'(?:inline\s+|export\s+|typedef\s+|static\s+|constexpr\s+)*'
                        r'(?:namespace|class|struct|union|extern)\b')


def _without_template(head):
    """`template <class T> void f()` without its template clauses."""
    while (match := re.match(r'\s*(?:template|requires)\s*([<(])', head)):
        opening, closing = match.group(1), {'<': '>', '(': ')'}[match.group(1)]
        depth, at = 0, match.end() - 1
        for at in range(match.end() - 1, len(head)):
            depth += (head[at] == opening) - (head[at] == closing)
            if depth == 0:
                break
        head = head[at + 1:]
    return head.strip()


def _kind_of_block(head):
    """What a brace opens after this text: container, function or value."""
    head = _without_template(re.sub(r'\[\[.*?\]\]', '', head, flags=re.DOTALL))
    if _CONTAINER.match(head) and not re.search(r'=\s*$', head) and '(' not in head.split('{')[0]:
        return 'container'
    if re.match(r'extern\s+"', head):
        return 'container'
    initializers = re.search(r'\)\s*(?:noexcept\s*)?:(?!:)', head)
    if initializers and re.search(r'[\w>]\s*$', head):
        return 'value'  # `Thing() : member_{1}`: the body is still to come
    if '(' in head and not re.search(r'(=|,|\(|return)\s*$', head):
        return 'function'
    return 'value'


def _name_of(head):
    head = _without_template(head)
    # Named lambdas, then operators: their names contain what would end another name.
    match = (re.search(r'(\w+)\s*=\s*\[', head) or re.search(r'(operator\s*\S+?)\s*\(', head)
             or re.search(r'([~\w:]+)\s*\(', head))
    return match.group(1) if match else head[:40]


def functions(text):
    """Every function with a body at namespace or class level, test cases included. Each SUBCASE of a
    test case counts as a function of its own."""
    code = blank_literals(text)
    code = re.sub(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', lambda m: _blank(m.group()), code, flags=re.M)
    found = []
    blocks = []        # of the open braces: (kind, name, offset where its head begins)
    head_start = 0
    parens = 0
    subcase_lines = 0  # inside the function that is open
    outside = lambda: all(kind == 'container' for kind, _, _ in blocks)
    for at, character in enumerate(code):
        if character == '(' and outside():
            parens += 1
        elif character == ')' and outside():
            parens = max(0, parens - 1)
        elif character == ';' and outside() and parens == 0:
            head_start = at + 1
        elif character == ':' and outside() and re.search(
                r'\b(public|private|protected)\s*$', code[head_start:at]):
            head_start = at + 1
        elif character == '{':
            if parens or not outside():
                subcase = re.search(r'SUBCASE\s*\([^()]*\)\s*$', code[max(0, at - 300):at])
                blocks.append(('subcase' if subcase else 'value', 'SUBCASE', at))
                continue
            head = code[head_start:at]
            kind = _kind_of_block(head)
            begin = head_start + len(head) - len(head.lstrip())
            blocks.append((kind, _name_of(head.strip()), begin))
            if kind == 'container':
                head_start = at + 1
        elif character == '}' and blocks:
            kind, name, begin = blocks.pop()
            first = code.count('\n', 0, begin) + 1
            lines = code.count('\n', 0, at) + 2 - first
            if kind == 'subcase' and not any(block[0] == 'subcase' for block in blocks):
                subcase_lines += lines
                found.append(Function(name, first, lines))
            if kind == 'function' and outside():
                found.append(Function(name, first, lines - subcase_lines))
                subcase_lines = 0
            if kind in ('function', 'container') and outside():
                head_start = at + 1
    return found
