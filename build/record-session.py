#!/usr/bin/python3
"""record-session.py OTASK URL FILE: types commands into a shell on a terminal of 100 columns, at the speed of a person, and
records the session for `asciinema play FILE`. It takes about a minute and a half."""
import json, os, pty, re, select, sys, time

otask, url, file = sys.argv[1:4]
folder = os.path.dirname(os.path.realpath(otask))
columns, rows = 100, 28
events, start = [], time.monotonic()


def read(seconds, until=None):
    """Records what the shell writes for some seconds, or until its prompt is back."""
    text, end = "", time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if not select.select([shell], [], [], left)[0]:
            break
        data = os.read(shell, 65536).decode("utf-8", "replace")
        events.append((time.monotonic() - start, data))
        text += data
        if until and text.endswith(until):
            return text
    if until:
        sys.exit(f"record-session.py: no prompt after {seconds} s; the last output was:\n{text[-500:]}")
    return text


def say(line, pause=3.0):
    """Types a line, waits for its end, and leaves time to read."""
    for letter in line:
        os.write(shell, letter.encode())
        read(0.04)
    os.write(shell, b"\n")
    text = read(60, prompt)
    read(pause)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


prompt = "$ "
pid, shell = pty.fork()
if pid == 0:
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "TERM": "xterm-256color", "HOME": "/nonexistent", "PS1": prompt,
                   "OTASK_URL": url, "COLUMNS": str(columns), "LINES": str(rows), "LANG": "C.UTF-8"}
    os.execve("/bin/sh", ["sh"], environment)
import fcntl, struct, termios
fcntl.ioctl(shell, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
read(10, prompt)
say("otask run echo hello")
say("otask submit --wait 'echo no such table: orders; exit 3'; echo exit code $?", 4)
say("otask failures", 5)
say("otask list -n 3", 4)
say("otask job run --range 0:1000000 --builtin square --aggregate total=sum", 4)
say("otask queue set crawl --max-running 1", 4)
say("for n in 1 2 3; do otask submit --queue crawl 'sleep 30' -q; done", 4)
waiting = say("otask list --queue crawl --state queued -n 1 -o name", 1)
task = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", waiting)
if task:
    say(f"otask why {task[0][:13]}", 5)
say("otask schedule set nightly --cron '0 2 * * *' --zone Europe/Berlin 'tar czf /var/backups/etc.tgz /etc'", 5)
say("otask demo", 6)
say("otask list --queue demo", 5)
say("otask top | head -20", 5)
say("otask doctor", 4)
with open(file, "w") as cast:
    cast.write(json.dumps({"version": 2, "width": columns, "height": rows, "title": "otask", "env": {"TERM": "xterm-256color"}}) + "\n")
    for at, data in events:
        cast.write(json.dumps([round(at, 3), "o", data], ensure_ascii=False) + "\n")
print(f"{file}: {events[-1][0]:.0f} s")
