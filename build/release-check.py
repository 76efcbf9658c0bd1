#!/usr/bin/env python3
"""Runs what CI does not: packages, images, archives, clients, the console in a browser, an upgrade, a sample of mutations. Each check
is a target of make. A line for each says how it ended and in how many seconds, and docs/evidence/release-check.json keeps the last
outcome of each, with commit and date. A check is left out, and says why, if the machine lacks a program that it calls.

    build/release-check.py [NAME...]    all checks, or those named

Exit codes: 0 nothing failed, 1 a check failed."""
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
EVIDENCE = ROOT / "docs/evidence/release-check.json"
LOGS = ROOT / "artifacts/release-check"
IMAGES = ["debootstrap", "umoci", "skopeo", "podman", "runc"]
BROWSERS = ["chromium", "chromium-browser", "google-chrome"]

# The target of make, its arguments, and what it needs: a program, one of several programs, "root", or a "base" to upgrade from.
CHECKS = [
    ("nuget-test", [], []),
    ("nuget-simulation-test", [], []),
    ("aot-test", [], []),
    ("tool-test", [], []),
    ("archives-test", [], []),
    ("clients-test", [], ["npm", "java", "go"]),
    ("proxy-test", [], ["nginx"]),
    ("e2e", [], ["npm", BROWSERS]),
    ("deb-test", [], ["root", "debootstrap", "systemd-nspawn", "dpkg-deb"]),
    ("images-test", [], ["root", *IMAGES]),
    ("compose-test", [], ["root", *IMAGES]),
    ("rolling-upgrade", [], ["base"]),
    ("mutations", ["ARGS=" + os.environ.get("MUTATIONS", "1 12 25")], []),
]


def lacks(need):
    if need == "root":
        return None if os.geteuid() == 0 else "root"
    if need == "base":
        tagged = subprocess.run(["git", "describe", "--tags", "--match", "v*", "HEAD^"], cwd=ROOT, capture_output=True).returncode == 0
        return None if tagged or os.environ.get("BASE") else "an earlier release (BASE=COMMIT)"
    if need is BROWSERS and os.environ.get("OTASK_CHROMIUM"):
        return None
    programs = need if isinstance(need, list) else [need]
    return None if any(shutil.which(program) for program in programs) else " or ".join(programs)


def run(name, arguments, needs):
    missing = [lack for lack in map(lacks, needs) if lack]
    if missing:
        return {"outcome": "left out", "lacks": missing}
    began = time.monotonic()
    with open(LOGS / f"{name}.log", "w") as log:
        ended = subprocess.run(["make", "-s", name, *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    lines = [line for line in (LOGS / f"{name}.log").read_text(errors="replace").splitlines() if line.strip()]
    return {
        "outcome": "passed" if ended.returncode == 0 else "failed",
        "seconds": round(time.monotonic() - began),
        "said": lines[-1].strip()[:200] if lines else "",
    }


def main(names):
    unknown = set(names) - {name for name, _, _ in CHECKS}
    if unknown:
        sys.exit(f"no such check: {', '.join(sorted(unknown))}. There are {', '.join(name for name, _, _ in CHECKS)}")
    LOGS.mkdir(parents=True, exist_ok=True)
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    failed = []
    for name, arguments, needs in CHECKS:
        if names and name not in names:
            continue
        outcome = run(name, arguments, needs)
        at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        # After each: a run that is ended early leaves what it has found.
        evidence = json.loads(EVIDENCE.read_text()) if EVIDENCE.exists() else {}
        evidence[name] = {"at": at, "commit": commit, **outcome}
        EVIDENCE.write_text(json.dumps({check: evidence[check] for check, _, _ in CHECKS if check in evidence}, indent=2, ensure_ascii=False) + "\n")
        detail = f"lacks {', '.join(outcome['lacks'])}" if "lacks" in outcome else f"{outcome['seconds']:4} s  {outcome['said']}"
        print(f"{outcome['outcome']:<9} {name:<22} {detail}", flush=True)
        if outcome["outcome"] == "failed":
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)} (logs: artifacts/release-check)")


main(sys.argv[1:])
