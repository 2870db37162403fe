#!/usr/bin/env python3
"""Makes what chat templates are tested against: renderings by Jinja itself.

Needs jinja2 3.1 and nothing else. Sets it up as Hugging Face's loaders do, and writes beside the
templates of test/engine/resources/templates:

  rendered.json     each template with each of conversations.json: a text, or why it is refused
  operators.json    each binary operator with `not`, in five positions
  expressions.json  random expressions
  statements.json   random templates: white space, scopes, loops, macros

An expression that Jinja refuses has null for its value. Run it again after a change to a template
or a conversation:

  python3 tools/make-templates.py
"""

import copy
import datetime
import json
import pathlib
import random
import re
import sys

import jinja2
import jinja2.ext
import jinja2.sandbox

FOLDER = pathlib.Path(__file__).parent.parent / "test/engine/resources/templates"
NOW = datetime.datetime(2024, 7, 6, 9, 5, 3)
SPECIAL = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        call = self.call_method("_pass")
        return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _pass(self, caller):
        return caller()


class Raised(Exception):
    pass


def environment(**options):
    env = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[Generation, jinja2.ext.loopcontrols],
        **options,
    )

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(
            x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
        )

    def raise_exception(message):
        raise Raised(message)

    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = NOW.strftime
    return env


ENV = environment()
PLAIN = environment(optimized=False)


def render(source, variables, env=ENV):
    """The text, {"raised": …} in the template's own words, or None for any other refusal."""
    try:
        # Jinja's indent changes a list that it is given, before it refuses it.
        return env.from_string(source).render(**copy.deepcopy(variables))
    except Raised as e:
        return {"raised": str(e)}
    except Exception:  # noqa: BLE001: whatever Python throws
        return None


def conversations():
    made = []
    talks = json.loads((FOLDER / "conversations.json").read_text())
    templates = sorted(FOLDER.glob("*.jinja"))
    for template in templates:
        source = template.read_text()
        made.append([template.name, [render(source, variables(talk)) for talk in talks]])
    write("rendered.json", made)
    refused = sum(not isinstance(r, str) for _, all in made for r in all)
    print(f"{len(templates)} templates x {len(talks)} conversations, {refused} refused")


def variables(talk):
    return {**SPECIAL, "tools": None, "documents": None, "add_generation_prompt": True, **talk}


def write(name, rows):
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (FOLDER / name).write_text("[\n" + lines + "\n]\n")


def operators():
    """`not` before, between, behind and around every operator."""
    binary = ["==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or", "+", "-", "*", "/"]
    binary += ["//", "%", "**", "~", "is", "is not", "|", "if", "."]
    left = ["3", "'a'", "[1, 2]", "none", "nothing", "true", "{'a': 1}"]
    right = ["2", "'abc'", "[1, 'a']", "false", "nothing", "{'a': 0, 3: 1}"]
    rows = []
    for op in binary:
        for a in left:
            for b in right:
                if op in ("is", "is not"):
                    b = {"2": "odd", "'abc'": "string", "[1, 'a']": "in [1, 'a']"}.get(b, "defined")
                elif op == "|":
                    b = {"2": "default(2)", "'abc'": "string", "[1, 'a']": "length"}.get(b, "list")
                elif op == ".":
                    b = {"2": "a", "'abc'": "upper()", "[1, 'a']": "keys()"}.get(b, "b")
                elif op == "if":
                    b = f"{b} else 9"
                for form in (
                    f"not {a} {op} {b}",
                    f"{a} {op} not {b}",
                    f"not ({a} {op} {b})",
                    f"(not {a}) {op} {b}",
                    f"1 and not {a} {op} {b} or 0",
                ):
                    rows.append(form)
    rows = list(dict.fromkeys(rows))
    shown_rows = []
    for row in rows:
        try:
            shown_rows.append([row, shown(row)])
        except Inconsistent:
            pass
    write("operators.json", shown_rows)
    print(f"{len(shown_rows)} expressions with not")


VARIABLES = {
    "i": 7,
    "n": -3,
    "big": 10**25,
    "x": 2.5,
    "tiny": 1e-7,
    "t": True,
    "s": "Grüße, Welt 🚀",
    "w": "  two words\t\n",
    "e": "",
    "l": [3, 1, 2],
    "ls": ["b", "A", "c", "a"],
    "m": [{"role": "user", "content": "Hi"}, {"role": "tool", "content": None, "n": 1.0}],
    "d": {"a": 1, "b": [1, 2], "items": "own", "é": "ü"},
    "none_value": None,
}

# What prints an address, or differs between versions of Python.
UNSTABLE = re.compile(r" at 0x|<generator|<built-in|<bound|<function|<class|<jinja2|<[a-z_]+iterator")


class Inconsistent(Exception):
    pass


def shown(expression):
    """What it comes to; Inconsistent where Jinja's optimiser changes that, as it does for inf."""
    text = render("{{ " + expression + " }}", VARIABLES)
    if text != render("{% set v = " + expression + " %}{{ v }}", VARIABLES, PLAIN):
        raise Inconsistent
    return text


class Grammar:
    """Random expressions, mostly of the type that is wanted."""

    def __init__(self, seed):
        self.r = random.Random(seed)

    def any(self, depth):
        kind = self.r.choice([self.number, self.text, self.list, self.truth, self.dict])
        return kind(depth)

    def sometimes(self, wanted, depth):
        return self.any(depth) if self.r.random() < 0.06 else wanted(depth)

    def pick(self, *options):
        return self.r.choice(options)

    def integer(self):
        return str(self.r.choice([0, 1, 2, 3, 5, 7, 10, 12, 100, 255, 1000, 12345, 99999999999999999999]))

    def real(self):
        return self.r.choice(
            ["0.5", "1.0", "2.25", "3.14159", "1e3", "1e16", "1.5e-7", "123456.789", "0.1", "1e22", "2.675", "1_000.25"]
        )

    def number(self, depth):
        if depth <= 0 or self.r.random() < 0.15:
            return self.pick(self.integer(), self.integer(), self.real(), "i", "n", "x", "big", "tiny", "t")
        a = lambda: self.sometimes(self.number, depth - 1)
        return self.pick(
            lambda: f"{a()} {self.pick('+', '-', '*', '/', '//', '%', '+', '-')} {a()}",
            lambda: f"({a()} {self.pick('+', '-', '*', '//', '%')} {a()})",
            lambda: f"-{a()}",
            lambda: f"({a()}) ** {self.pick('2', '3', '0', '-1')}",
            lambda: f"((({a()})|abs) ** {self.pick('0.5', '1.5', '-2')})",
            lambda: f"({a()})|abs",
            lambda: f"({a()})|round({self.pick('', '1', '2', '-1', '0')})",
            lambda: f"({a()})|round(2, {self.pick(chr(39) + 'ceil' + chr(39), chr(39) + 'floor' + chr(39))})",
            lambda: f"({a()})|int",
            lambda: f"({a()})|float",
            lambda: f"{self.text(depth - 1)}|length",
            lambda: f"({self.list(depth - 1)})|{self.pick('length', 'first', 'last', 'min', 'max', 'sum')}",
            lambda: f"({self.text(depth - 1)}).{self.pick('find', 'count', 'rfind')}({self.short()})",
            lambda: f"{self.pick(*self.NUMERALS)}|{self.pick('int', 'float', 'int(9)', 'float(1.5)', 'int(0, 16)', 'int(7, 2)')}",
            lambda: f"({a()} if {self.truth(depth - 1)} else {a()})",
            lambda: f"(l{self.slice()})|sum",
            lambda: f"{self.list(depth - 1)}[{self.pick('0', '-1', '1', '5', 'i')}]",
        )()

    NUMERALS = ["'12'", "' 7 '", "'1_000'", "'3.7'", "'abc'", "'1e3'", "'-5'", "'0x1f'", "'1f'", "'101'", "'inf'", "'.5'", "'5.'", "'1__0'", "''", "'٣'"]

    def short(self):
        return self.r.choice(["'a'", "'e'", "' '", "'l'", "''", "'ü'", "'🚀'", "','", "'Hi'", "'\\n'", "'ab'", "\"it's\""])

    def literal(self):
        return self.r.choice(
            [
                "'Hello, World'", "'ab ab ab'", "'  padded '", "'Straße ﬁx'", "'naïve café 🚀🚀'", "'a,b,,c'",
                "'line one\\nline two\\r\\nthree\\x0b4'", "'ΑΣ ΣΑΣ'", "'ǆabc İi'", "'tab\\tend\\\\'", "'q\"\\'q'",
                "'1a 2b-3c_4d'", "'\\u00a0nb\\u2003'", "'50%'", "'{a}'", "'x' 'y'", "'<b>&amp;</b>'",
            ]
        )

    def slice(self):
        bound = lambda: self.pick("", "", "0", "1", "2", "-1", "-2", "3", "7", "-9", "none")
        step = self.pick("", "", "", ":", ":1", ":2", ":-1", ":-2", ":3")
        return f"[{bound()}:{bound()}{step}]"

    def text(self, depth):
        if depth <= 0 or self.r.random() < 0.15:
            return self.pick(self.literal(), self.literal(), self.short(), "s", "w", "e")
        a = lambda: self.sometimes(self.text, depth - 1)
        return self.pick(
            lambda: f"{a()} + {a()}",
            lambda: f"({a()} ~ {self.any(depth - 1)})",
            lambda: f"{a()} * {self.pick('0', '2', '3', '-1', 't')}",
            lambda: f"({a()}){self.slice()}",
            lambda: f"({a()})[{self.pick('0', '-1', '2', '99')}]",
            lambda: f"({a()}).{self.pick(*self.PLAIN)}()",
            lambda: f"({a()}).{self.pick('strip', 'lstrip', 'rstrip')}({self.pick(self.short(), 'none', chr(39) + ' abH' + chr(39))})",
            lambda: f"({a()}).replace({self.short()}, {self.short()}{self.pick('', ', 1', ', 0', ', 2')})",
            lambda: f"({a()}).{self.pick('removeprefix', 'removesuffix')}({self.short()})",
            lambda: f"({a()}).{self.pick('center', 'ljust', 'rjust', 'zfill')}({self.pick('0', '5', '12', '13')})",
            lambda: f"({a()}).{self.pick('center', 'ljust', 'rjust')}(14, {self.pick(chr(39) + '*' + chr(39), chr(39) + 'é' + chr(39))})",
            lambda: f"({a()})|{self.pick(*self.FILTERS)}",
            lambda: f"({a()})|replace({self.short()}, {self.any(0)}{self.pick('', ', 1')})",
            lambda: f"({a()})|default({a()}{self.pick('', ', true')})",
            lambda: f"({a()})|truncate({self.pick('5', '8', '3', '10, true', '6, false, ' + chr(39) + '!' + chr(39), '7, true, ' + chr(39) + chr(39) + ', 0')})",
            lambda: f"({a()})|indent({self.pick('', '2', '2, true', '1, false, true', chr(39) + '> ' + chr(39))})",
            lambda: f"({self.list(depth - 1)})|join({self.pick('', self.short(), '1')})",
            lambda: f"{self.short()}.join(({a()}).split({self.pick('', self.short(), 'none, 1')}))",
            lambda: f"({self.any(depth - 1)})|string",
            lambda: f"({self.any(depth - 1)})|tojson{self.pick('', '(indent=2)', '(ensure_ascii=true)', '(sort_keys=true)', '(separators=(' + chr(39) + ',' + chr(39) + ', ' + chr(39) + ':' + chr(39) + '))', '(indent=0)')}",
            lambda: self.percent(depth - 1),
            lambda: self.braces(depth - 1),
            lambda: f"({a()} if {self.truth(depth - 1)} else {a()})",
            lambda: f"({self.list(depth - 1)})|{self.pick('first', 'last')}",
            lambda: f"d[{self.pick(chr(39) + 'items' + chr(39), chr(39) + 'é' + chr(39), chr(39) + 'q' + chr(39))}]",
        )()

    PLAIN = ["upper", "lower", "title", "capitalize", "swapcase", "strip", "lstrip", "rstrip", "expandtabs"]
    FILTERS = ["upper", "lower", "title", "capitalize", "trim", "reverse", "escape", "e", "string", "trim('aH ')", "center(11)", "wordcount", "first", "last"]

    def percent(self, depth):
        letter = self.pick("s", "r", "d", "i", "x", "X", "o", "e", "f", "g", "G", "c", "%", "a")
        flags = self.pick("", "", "-", "+", "0", " ", "#", "-+", "0+")
        width = self.pick("", "", "5", "12", "1")
        precision = self.pick("", "", ".0", ".1", ".3", ".10")
        value = self.text(0) if letter in "sra" else self.pick("65", "'Z'") if letter == "c" else self.number(depth)
        return f"'<%{flags}{width}{precision}{letter}>' % ({value}{self.pick('', ',', ',', ', 1')})"

    def braces(self, depth):
        spec = self.pick("", "", ":>8", ":<6", ":^9", ":*^9", ":08", ":+", ":.2f", ":e", ":g", ":d", ":x", ":#x", ":b", ":,", ":_", ":.3", ":%", ":s", ":.1%", ":010.3f", ":c", ":,.2f", ": d", ":G", ":=+9")
        field = self.pick("", "0", "a", "a[0]", "0.a", "!r", "0!s", "a!a")
        if "!" in field:
            return f"'[{{{field}{spec}}}]'.format({self.any(depth)}, a={self.any(0)})"
        return f"'[{{{field}{spec}}}] {{{{}}}}'.format({self.pick(self.number(depth), self.any(depth))}, a={self.any(0)})"

    def list(self, depth):
        if depth <= 0 or self.r.random() < 0.15:
            return self.pick("l", "ls", "m", "[]", "[1, 2, 3]", "('a', 'b')", "(1,)", "()", "range(4)", "range(5, 0, -2)", "[i, s]", "[[1, 2], [3]]")
        a = lambda: self.sometimes(self.list, depth - 1)
        return self.pick(
            lambda: f"[{self.any(depth - 1)}, {self.any(depth - 1)}]",
            lambda: f"({self.any(depth - 1)}, {self.any(depth - 1)})",
            lambda: f"{a()} + {a()}",
            lambda: f"{a()} * 2",
            lambda: f"({a()}){self.slice()}",
            lambda: f"({a()})|{self.pick('list', 'sort', 'unique|list', 'reverse|list', 'sort(reverse=true)', 'batch(2)|list', 'slice(2)|list', 'batch(2, 0)|list', 'sort(case_sensitive=true)', 'unique(true)|list')}",
            lambda: f"({a()})|map({self.pick(*self.MAPS)})|list",
            lambda: f"({a()})|{self.pick('select', 'reject')}({self.pick(*self.SELECTS)})|list",
            lambda: f"m|map(attribute={self.pick(*self.ATTRIBUTES)})|list",
            lambda: f"m|{self.pick('selectattr', 'rejectattr')}({self.pick(*self.WHERE)})|list",
            lambda: f"m|sort(attribute={self.pick(*self.ATTRIBUTES)})",
            lambda: f"({self.text(depth - 1)}).{self.pick('split', 'rsplit')}({self.pick('', self.short(), 'none, 1', self.short() + ', 1', 'maxsplit=1')})",
            lambda: f"({self.text(depth - 1)}).{self.pick('splitlines()', 'splitlines(true)', 'partition(' + self.short() + ')', 'rpartition(' + self.short() + ')')}",
            lambda: f"({self.text(depth - 1)})|list",
            lambda: f"({self.dict(depth - 1)}).{self.pick('keys()', 'values()', 'items()')}{self.pick('', '|list')}",
            lambda: f"({self.dict(depth - 1)})|{self.pick('dictsort', 'list', 'items|list', 'dictsort(true)', 'dictsort(by=' + chr(39) + 'value' + chr(39) + ')')}",
        )()

    MAPS = ["'upper'", "'string'", "'length'", "'int'", "'default', 5", "'abs'", "'trim'", "'round', 1"]
    SELECTS = ["", "'odd'", "'string'", "'number'", "'defined'", "'in', [1, 'a']", "'gt', 1", "'==', 2", "'none'", "'divisibleby', 2"]
    ATTRIBUTES = ["'role'", "'content'", "'n'", "'role.0'", "'q', default='z'"]
    WHERE = ["'role', 'equalto', 'user'", "'content'", "'n', 'defined'", "'role', 'in', ['tool']", "'content', 'none'"]

    def dict(self, depth):
        if depth <= 0 or self.r.random() < 0.3:
            return self.pick("d", "{}", "{'k': 1}", "{1: 'one', 'B': 2, 'a': 3}", "m[0]", "dict(a=1)", "dict([('x', 1)])", "{1: 'a', 1.0: 'b', true: 'c'}")
        return f"{{{self.pick(self.short(), self.integer(), 'none', 'true', '(1, 2)')}: {self.any(depth - 1)}, 'z': {self.any(depth - 1)}}}"

    def truth(self, depth):
        if depth <= 0 or self.r.random() < 0.1:
            return self.pick("true", "false", "t", "none", "nothing", "none_value", "e", "l", "0", "[]")
        a = lambda: self.any(depth - 1)
        same = self.pick(self.number, self.text, self.list)
        return self.pick(
            lambda: f"({same(depth - 1)} {self.pick('==', '!=', '<', '<=', '>', '>=')} {same(depth - 1)})",
            lambda: f"({a()} {self.pick('==', '!=')} {a()})",
            lambda: f"{self.number(depth - 1)} < {self.number(0)} <= {self.number(0)}",
            lambda: f"({a()} {self.pick('in', 'not in')} {self.pick(self.list, self.dict, self.text)(depth - 1)})",
            lambda: f"{self.short()} {self.pick('in', 'not in')} {self.text(depth - 1)}",
            lambda: f"({self.truth(depth - 1)} {self.pick('and', 'or')} {self.truth(depth - 1)})",
            lambda: f"not {self.truth(depth - 1)}",
            lambda: f"({a()}) is {self.pick('', 'not ')}{self.pick(*self.TESTS)}",
            lambda: f"{self.pick('nothing', 'd.q', 'd.a', 'm[9]', 'l[0]', 'none_value')} is {self.pick('', 'not ')}{self.pick('defined', 'undefined', 'none', 'callable', 'iterable')}",
            lambda: f"({self.text(depth - 1)}).{self.pick('startswith', 'endswith')}({self.pick(self.short(), '(' + self.short() + ', ' + self.short() + ')')})",
            lambda: f"({self.text(depth - 1)}).{self.pick('isdigit', 'isalpha', 'isalnum', 'isspace', 'isupper', 'islower', 'istitle', 'isnumeric', 'isdecimal', 'isascii', 'isprintable')}()",
        )()

    TESTS = ["string", "number", "integer", "float", "boolean", "mapping", "sequence", "iterable", "none", "defined", "true", "false", "odd", "even", "lower", "upper", "divisibleby 3", "divisibleby(2)", "eq 1", "in [1, 'a']", "sameas none", "ge 2"]


class Statements:
    """Random templates over few names, so that scopes meet; most of them render."""

    def __init__(self, seed):
        self.r = random.Random(seed)

    def pick(self, *options):
        return self.r.choice(options)

    def tag(self, inside):
        sign = lambda: self.pick("", "", "", "-", "-", "+")
        return "{%" + sign() + self.pick(" ", "  ", "") + inside + " " + sign() + "%}"

    def space(self):
        return self.pick("", "", " ", "\n", "\n\n", "  \n", "\t", "\n  ", "x", " y\n", "z  ", "\r\n", "\u00a0\n")

    def name(self):
        return self.pick("a", "b", "c")

    def value(self):
        return self.pick("1", "2", "a", "b", "c", "'q'", "a ~ b", "c ~ 1", "[1, 2]", "loop.index", "ns.x", "m", "none", "a | default('d')", "i")

    def output(self):
        inside = self.pick(
            self.value(), self.value(), self.value(), "loop.last", "loop.first", "loop.revindex", "loop.length", "loop.index0 ~ loop.depth",
            "loop.previtem", "loop.nextitem", "loop.cycle('o', 'e')", "loop.changed(a)", "f(a)", "g(1, b=2)", "f()", "g(b, a)", "caller()", "varargs", "kwargs",
            "ns.x", "a if b", "loop is defined", "a is defined", "'%s-%s' % (a, b)",
        )
        left = self.pick("{{ ", "{{", "{{- ", "{{+ ")
        return left + inside + self.pick(" }}", "}}", " -}}")

    def items(self):
        return self.pick("[1, 2, 3]", "l", "[]", "'ab'", "range(2)", "m[0]", "m", "l if a else [0]", "l | reverse", "l | map('string')", "[[1, 2], [3, 4]]", "d.items()", "nothing", "c")

    def body(self, depth):
        return "".join(self.space() + self.piece(depth - 1) for _ in range(self.r.randint(1, 3))) + self.space()

    def piece(self, depth):
        if depth <= 0:
            return self.pick(self.output, self.set, self.output, self.comment, self.leave)()
        b = lambda: self.body(depth)
        return self.pick(
            self.output,
            self.output,
            self.set,
            self.comment,
            lambda: self.tag("if " + self.pick("a", "b is defined", "not c", "loop.first", "a == 1", "false", "ns.x > 1")) + b() + self.pick("", self.tag("elif " + self.value()) + b()) + self.pick("", self.tag("else") + b()) + self.tag("endif"),
            lambda: self.loop(depth),
            lambda: self.loop(depth),
            lambda: self.loop(depth),
            lambda: self.tag(f"set {self.name()}{self.pick('', '', ' | upper', ' | trim | length')}") + b() + self.tag("endset"),
            lambda: self.tag("macro " + self.pick("f(a)", "f(a=7)", "g(a, b=a)", "g(b, a=c)", "f()")) + b() + self.tag("endmacro"),
            lambda: self.tag("call" + self.pick(" f(1)", "(c) f(b)", " g(a)")) + b() + self.tag("endcall"),
            lambda: self.tag("with " + self.pick("a = b", "b = 5, c = b", "")) + b() + self.tag("endwith"),
            lambda: self.tag("filter " + self.pick("upper", "trim", "replace('x', 'X')", "indent(2) | trim", "length")) + b() + self.tag("endfilter"),
            lambda: self.tag("generation") + b() + self.tag("endgeneration"),
            lambda: self.tag("raw") + self.space() + self.pick("{{ a }}", "{% if %}", "{#", "}}") + self.space() + self.tag("endraw"),
        )()

    def loop(self, depth):
        recursive = self.r.random() < 0.15
        head = f"for {self.pick('a', 'b', 'c', 'a, b', 'i')} in {self.items()}{self.pick('', '', '', ' if a', ' if loop', ' if i != 2')}"
        inside = self.body(depth)
        if recursive:
            inside += "{{ loop(" + self.pick("[]", "a", "[9] if loop.depth < 3 else []") + ") }}"
        other = self.pick("", "", self.tag("else") + self.body(depth))
        return self.tag(head + (" recursive" if recursive else "")) + inside + other + self.tag("endfor")

    def set(self):
        return self.tag(self.pick(f"set {self.name()} = {self.value()}", f"set {self.name()} = {self.value()}", "set ns.x = ns.x + 1", "set ns.x = a", "set a, b = b, a", "set a, b = [1, 2]", "set f = 3", "set i = loop.index"))

    def comment(self):
        return "{#" + self.pick("", "-", "+") + self.pick(" c ", "\n", "") + self.pick("", "-", "+") + "#}"

    def leave(self):
        return self.tag(self.pick("break", "continue")) if self.r.random() < 0.4 else self.output()

    def template(self):
        begin = self.pick("", "{% set ns = namespace(x=1) %}")
        return begin + self.body(self.r.choice([1, 2, 3, 3]))


def statements(count):
    grammar = Statements(20240707)
    rows = {}
    refused = 0
    while len(rows) < count:
        template = grammar.template()
        if len(template) > 600 or template in rows:
            continue
        text = render(template, VARIABLES)
        if text is None:
            if refused > len(rows) / 5:
                continue
            refused += 1
        elif len(text) > 600 or UNSTABLE.search(text):
            continue
        rows[template] = text
    write("statements.json", [list(row) for row in rows.items()])
    print(f"{len(rows)} templates, {refused} refused")


def expressions(count):
    grammar = Grammar(20240706)
    rows = {}
    refused = 0
    while len(rows) < count:
        expression = grammar.any(grammar.r.choice([1, 2, 2, 3, 3]))
        if len(expression) > 160 or expression in rows:
            continue
        try:
            value = shown(expression)
        except Inconsistent:
            continue
        # Few that are refused: most are so for one of a few reasons.
        if value is None:
            if refused > len(rows) / 6:
                continue
            refused += 1
        elif len(value) > 400 or UNSTABLE.search(value) or re.search(r"\b(inf|nan)\b", value):
            continue
        rows[expression] = value
    write("expressions.json", [list(row) for row in rows.items()])
    print(f"{len(rows)} expressions, {refused} refused")


if __name__ == "__main__":
    if jinja2.__version__.split(".")[:2] != ["3", "1"]:
        sys.exit(f"jinja2 is {jinja2.__version__}, wanted 3.1")
    (FOLDER / "variables.json").write_text(json.dumps(VARIABLES, ensure_ascii=False, indent=1) + "\n")
    conversations()
    operators()
    expressions(5000)
    statements(2000)
