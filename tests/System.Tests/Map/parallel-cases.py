#!/usr/bin/env python3
"""Writes parallel-cases.json: what GNU parallel makes of argument lists, and how it ends. Needs GNU parallel and /bin/sh.

Each case has the arguments of the command line, the standard input, the commands (--dry-run), and the output and exit code of
the same command line when it runs. MapParityTests gives the same to otask map.
"""
import json, os, pathlib, random, subprocess, sys, tempfile

random.seed(20261127)
VALUES = ["a", "b.c", "x y", "it's", "'", "''", "$HOME", "$(id)", "`id`", "a;b", "*", "?", "[a]", "~", "!", "#x", "-n", "--", "a=b", "{}",
          "{1}", "{.}", "a\\b", "\\", '"', "a.tar.gz", "dir/file.txt", "/abs/p.q", "a/b/", "//", ".hidden", "d.d/noext", "..", "a.", "é", "日本 語.txt",
          "tab\there", "a,b", "1;2", " lead", "trail ", "%s", "%d", "&", "|", "<x>", "a&&b", "^", "x'y'z", "\u00a0", "a:b", "@", "+", "_-.", "A" * 300]
PIECES = ["{}", "{.}", "{/}", "{//}", "{/.}", "{#}"]
POSITIONS = ["{1}", "{2}", "{1.}", "{2/}", "{1//}", "{2/.}", "{-1}", "{3}"]
FREE = ["x{}y", "a={}", "{{}}", "{a}", "-o", "{./}", "}{", "é{}"]


def values(count):
    return [random.choice(VALUES) for _ in range(count)]


def template(pool):
    words = [random.choice(pool) for _ in range(random.randint(0, 4))]
    return "printf '<%s>' " + " ".join(words)


def case():
    """Returns options, the template, the words behind it, and standard input."""
    kind = random.choice(["input", "input", "words", "words", "product", "linked", "columns", "null", "file", "commands", "quoted"])
    options, words, text = [], [], ""
    pool = PIECES + FREE
    if kind == "input":
        lines = [value for value in values(random.randint(0, 6))] + random.choice([[], [""]])
        text = "\n".join(lines) + random.choice(["", "\n"])
        options = random.choice([[], [], ["-r"]])
    elif kind == "words":
        words = [":::"] + values(random.randint(0, 5))
    elif kind == "product":
        pool = PIECES + POSITIONS
        words = [":::"] + values(random.randint(1, 3)) + [":::"] + values(random.randint(0, 3))
    elif kind == "linked":
        pool = POSITIONS
        words = [":::"] + values(random.randint(1, 4)) + [":::+"] + values(random.randint(1, 4)) + random.choice([[], [":::", "p", "q"]])
    elif kind == "columns":
        pool = POSITIONS + PIECES
        separator = random.choice([",", ";", "\\t", " +", "[,;]", ", *"])
        options = ["--colsep", separator] + random.choice([[], [], ["--trim", "n"], ["--trim", "l"]])
        mark = {"\\t": "\t", " +": "  ", "[,;]": ";", ", *": ", "}.get(separator, separator)
        text = "".join(mark.join(values(random.randint(1, 4))) + "\n" for _ in range(random.randint(1, 4)))
    elif kind == "null":
        options = ["-0"]
        text = "".join(value + "\0" for value in values(random.randint(1, 4)) + ["two\nlines", ""])
        text = text if random.random() < 0.5 else text + "last"
    elif kind == "file":
        pool = POSITIONS + PIECES
        words = ["::::", "list.txt", random.choice([":::", "::::+"])]
        words += ["-"] if words[-1] == "::::+" else values(2)
        text = "\n".join(values(3)) + "\n"
    elif kind == "commands":
        text = "echo one; echo two\nexit 3\nprintf '%s' 'a  b'\ntrue | false\n"
        return options, None, words, text
    elif kind == "quoted":
        return ["-q"], ["printf", "<%s>", random.choice(VALUES[:20]), "{}"], [":::"] + values(3), ""
    return options, [template(pool) + random.choice(["", "; exit $(({#} % 2))", "; exit 2"])], words, text


def run(arguments, text, folder):
    return subprocess.run(["parallel", "--will-cite", *arguments], input=text.encode(), capture_output=True, cwd=folder,
                          env={**os.environ, "PARALLEL_SHELL": "/bin/sh"})


cases = []
with tempfile.TemporaryDirectory() as folder:
    pathlib.Path(folder, "list.txt").write_text("one\ntwo.x\nth ree")
    while len(cases) < 160:
        options, command, words, text = case()
        arguments = ["-k", *options, *(command or []), *words]
        planned = run(["--dry-run", *arguments], text, folder)
        ended = run(arguments, text, folder)
        # Commands may have several lines, so the output of --dry-run is compared as a whole.
        cases.append({"arguments": arguments, "input": text, "commands": planned.stdout.decode(), "output": ended.stdout.decode(),
                      "exitCode": ended.returncode})
path = pathlib.Path(sys.argv[0]).with_suffix(".json")
path.write_text(json.dumps(cases, ensure_ascii=False, indent=0) + "\n")
print(f"{len(cases)} cases, exit codes {sorted({case['exitCode'] for case in cases})}")
