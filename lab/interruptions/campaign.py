#!/usr/bin/env python3
"""make campaign-interruptions: interrupts a service in the middle of every operation of several steps, starts it again, and checks it.

    campaign.py PROGRAMS [--kind sqlite,postgres,cluster] [--how kill,term,…] [--rounds N] [--minutes N] [--seed S] [--out FILE] [--only NAME]

All operations run at the same time; an interruption comes at a random moment, or at the N-th sync, write or rename of the service. A row
of the output is one operation under one kind of interruption of one kind of installation. --how program kills programs instead (commands.py)."""
import argparse, concurrent.futures, json, os, random, signal, subprocess, sys, tempfile, threading, time, traceback
from pathlib import Path

sys.path.insert(0, os.path.dirname(__file__))
from installations import Installation, until
import commands, operations

FREEZE = 30


def kill(place, rng):
    """kill -9 of service and supervisor."""
    place.service.kill()
    place.start()


def term(place, rng):
    """SIGTERM, and a second start once it has ended."""
    code = place.service.end()
    assert code == 0, f"ended with {code} after SIGTERM"
    place.start()


def syscall(place, rng):
    """kill -9 of the service at the N-th of a system call, by strace, or after 6 s if it makes fewer; then of its supervisor."""
    call, most = rng.choice([("fdatasync,fsync", 60), ("pwrite64", 250), ("rename,renameat,unlink,unlinkat", 6), ("sendto,sendmsg", 400)])
    when = rng.randint(1, most)
    tracer = subprocess.Popen(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={when}",
                               "-p", str(place.service.agent())], stderr=subprocess.DEVNULL)
    try:
        tracer.wait(6)
    except subprocess.TimeoutExpired:
        pass
    place.service.kill()
    tracer.kill()
    tracer.wait()
    place.start()


def freeze(place, rng):
    """SIGSTOP of every process for 30 s."""
    place.service.signal(signal.SIGSTOP)
    time.sleep(FREEZE)
    place.service.signal(signal.SIGCONT)
    until("ready after the freeze", lambda: place.api.is_ready() or restart_if_gone(place), 60)


def restart_if_gone(place):
    if place.service.process.poll() is not None:
        place.start()


def full(place, rng):
    """The disk is full, for 8 s; every other time the service is killed meanwhile."""
    filler = place.data.parent / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * (1 << 16))
        except OSError:
            pass
        try:
            while True:
                file.write(b"\0" * 512)
        except OSError:
            pass
    time.sleep(8)
    if rng.random() < 0.5:
        place.service.kill()
        filler.unlink()
        place.start()
    else:
        filler.unlink()
    until("ready after the full disk", place.api.is_ready, 60)


def database_kill(place, rng):
    """kill -9 of every process of PostgreSQL, and its start after up to 4 s."""
    place.postgres.kill()
    time.sleep(rng.uniform(0, 4))
    place.postgres.start()
    until("ready after the database's start", place.api.is_ready, 90)


def database_freeze(place, rng):
    """SIGSTOP of every process of PostgreSQL for 30 s."""
    stopped = place.postgres.process.tree()
    for process in stopped:
        os.kill(process, signal.SIGSTOP)
    time.sleep(FREEZE)
    for process in stopped:
        os.kill(process, signal.SIGCONT)
    until("ready after the database's freeze", place.api.is_ready, 90)


def silo_kill(place, rng):
    """kill -9 of one silo of two, and its start."""
    number = rng.randint(0, 1)
    place.silos[number].kill()
    time.sleep(rng.choice([0, 6]))
    place.start_silo(number)
    until("ready", place.api.is_ready, 90)


def silo_term(place, rng):
    """SIGTERM of one silo of two, and its start: its queues move away, and back."""
    number = rng.randint(0, 1)
    code = place.silos[number].end()
    assert code == 0, f"a silo ended with {code}"
    place.start_silo(number)
    until("ready", place.api.is_ready, 90)


def silo_freeze(place, rng):
    """SIGSTOP of one silo of two for 30 s; it must end itself then, and is started."""
    number = rng.randint(0, 1)
    place.silos[number].signal(signal.SIGSTOP)
    time.sleep(FREEZE)
    place.silos[number].signal(signal.SIGCONT)
    until("the frozen silo ends itself", lambda: place.silos[number].process.poll() is not None, 60)
    assert place.silos[number].process.returncode != 0
    place.start_silo(number)
    until("ready", place.api.is_ready, 90)


def silo_join(place, rng):
    """A silo is killed, and killed again in the middle of its start, four times; the fifth start must succeed."""
    number = rng.randint(0, 1)
    place.silos[number].kill()
    for _ in range(4):
        starting = threading.Thread(target=lambda: attempt(lambda: place.start_silo(number)), daemon=True)
        starting.start()
        time.sleep(rng.uniform(0.3, 4))
        if place.silos[number].process.poll() is None:
            place.silos[number].kill()
        starting.join()
    place.start_silo(number)
    until("ready", place.api.is_ready, 120)


def home_move(place, rng):
    """A silo joins, so that queues move to it, and the one that they leave is killed in the middle."""
    number = rng.randint(0, 1)
    place.silos[number].end()
    place.start_silo(number)
    time.sleep(rng.uniform(0, 12))
    place.silos[1 - number].kill()
    place.start_silo(1 - number)
    until("ready", place.api.is_ready, 90)


def judge(thread):
    """How many of an operation were acknowledged, whether one was cut, and what is wrong."""
    try:
        assert not thread.is_alive(), "a call has not come back within 120 s"
        return *thread.check(), None
    except Exception as fault:
        place = traceback.extract_tb(fault.__traceback__)[-1]
        return 0, 0, f"{type(fault).__name__} in line {place.lineno}: {str(fault)[:900]} (count {thread.count}, cut: {thread.cut})"


def attempt(act):
    try:
        act()
    except AssertionError:
        pass


HOW = {
    "sqlite": {"kill": (kill, 5), "syscall": (syscall, 5), "full": (full, 2), "freeze": (freeze, 1), "term": (term, 2)},
    "postgres": {"kill": (kill, 4), "database-kill": (database_kill, 4), "database-freeze": (database_freeze, 1), "syscall": (syscall, 4)},
    "cluster": {"silo-kill": (silo_kill, 3), "home-move": (home_move, 2), "silo-freeze": (silo_freeze, 1), "database-kill": (database_kill, 3),
                "database-freeze": (database_freeze, 1), "silo-term": (silo_term, 2), "silo-join": (silo_join, 2)},
}


def run(args, kind, how, rng, rows):
    act, rounds = HOW[kind][how]
    rounds = args.rounds or rounds
    folder = Path(tempfile.mkdtemp(prefix="otask-cut-"))
    folder.chmod(0o711)
    mounted = how == "full"
    data = folder / "disk" / "data"
    if mounted:
        data.parent.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m", "otask-cut", str(data.parent)], check=True)
    chosen = [operation for operation in operations.ALL if args.only in operation.title]
    rows_here = {operation.title: {"operation": operation.title, "installation": kind, "interruption": how, "rounds": 0, "done": 0, "cut": 0,
                                  "expected": operation.expected, "faults": []} for operation in chosen}
    place = Installation(kind, args.programs, folder / "place", data=data if mounted else None)
    try:
        place.start()
        for name in ("w1", "w2"):
            place.start_worker(name, 2, "--label", "role=fleet")
        place.start_worker("spare", 1)
        for number in range(rounds):
            if time.monotonic() > args.until:
                print(f"{kind} {how}: no time left after {number} rounds", flush=True)
                break
            threads = [operation(place, f"{rng.randint(0, 1 << 30):x}") for operation in chosen]
            for thread in threads:
                thread.start()
            time.sleep(rng.uniform(1.5, 4))
            began = time.monotonic()
            act(place, rng)
            back = time.monotonic() - began
            for thread in threads:
                thread.stopping.set()
            for thread in threads:
                thread.join(120)
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                for thread, (done, cut, fault) in zip(threads, pool.map(judge, threads)):
                    row = rows_here[thread.title]
                    row["rounds"] += 1
                    row["done"] += done
                    row["cut"] += cut
                    if fault:
                        row["faults"].append(f"round {number}: {fault}")
                        print(f"  FAULT {kind} {how} {thread.title}: {row['faults'][-1]}", flush=True)
            print(f"{kind} {how} {number + 1}/{rounds}: back after {back:.1f} s, checked after {time.monotonic() - began:.1f} s; cut: "
                  + ", ".join(thread.title for thread in threads if thread.cut), flush=True)
    finally:
        if args.keep:
            print(f"kept: {folder}")
            for program in [*place.workers, place.gateway, place.service, *place.silos, place.postgres and place.postgres.process]:
                if program:
                    program.discard()
        else:
            place.discard()
            if mounted:
                subprocess.run(["umount", "-l", str(data.parent)], check=False)
            subprocess.run(["rm", "-rf", str(folder)], check=False)
    rows += rows_here.values()
    save(args, rows)


def save(args, rows):
    if args.out:
        Path(args.out).write_text(json.dumps({"seed": args.seed, "rows": rows}, indent=1) + "\n")


def run_commands(args, kind, rng, rows):
    """The attacks on programs (commands.py), beside one service."""
    folder = Path(tempfile.mkdtemp(prefix="otask-cut-"))
    folder.chmod(0o711)
    place = Installation(kind, args.programs, folder / "place")
    try:
        place.start()
        for attack in commands.ALL:
            if time.monotonic() > args.until:
                print(f"{kind}: no time left before: {attack.__doc__}", flush=True)
                break
            if args.only not in attack.__doc__ or kind != "sqlite" and attack in commands.SQLITE_ONLY:
                continue
            row = {"operation": attack.__doc__, "installation": kind, "interruption": "program", "rounds": 0, "done": 0, "cut": 0, "faults": []}
            began = time.monotonic()
            try:
                row["rounds"], row["cut"] = attack(place, rng, args.rounds or 12)
                row["done"] = row["rounds"] - row["cut"]
            except Exception as fault:
                line = traceback.extract_tb(fault.__traceback__)[-1]
                row["faults"].append(f"{type(fault).__name__} in line {line.lineno}: {str(fault)[:1500]}")
                print(f"  FAULT {kind} {attack.__doc__}: {row['faults'][-1]}", flush=True)
                if args.verbose:
                    traceback.print_exc()
            rows.append(row)
            save(args, rows)
            print(f"{kind} {attack.__doc__}: {row['rounds']} times, {row['cut']} killed, {time.monotonic() - began:.0f} s", flush=True)
    finally:
        if not args.keep:
            place.discard()
            subprocess.run(["rm", "-rf", str(folder)], check=False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs")
    parser.add_argument("--kind", default="sqlite,postgres,cluster")
    parser.add_argument("--how", default="")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--seed", type=int, default=random.randint(1, 1 << 30))
    parser.add_argument("--out")
    parser.add_argument("--minutes", type=float, default=1e6, help="begin nothing after so many minutes")
    parser.add_argument("--only", default="")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    # What was started ends with this program.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    args.until = time.monotonic() + 60 * args.minutes
    print(f"seed {args.seed}", flush=True)
    rng, rows = random.Random(args.seed), []
    for kind in args.kind.split(","):
        for how in HOW[kind]:
            if not args.how or how in args.how.split(","):
                run(args, kind, how, rng, rows)
        if kind != "cluster" and (not args.how or "program" in args.how.split(",")):
            run_commands(args, kind, rng, rows)
    for row in rows:
        print(f"{row['operation']:52} {row['installation']:9} {row['interruption']:16} {row['rounds']:3} rounds {row['done']:5} done "
              f"{row['cut']:3} cut {len(row['faults'])} faults")
    return 1 if any(row["faults"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
