#!/usr/bin/env python3
"""Adds and removes workers by two commands, as Slurm's ResumeProgram and SuspendProgram do.

    up SHAPE N     starts N workers, each with the label pool=SHAPE and a name that no worker has had before
    down NODE      stops the worker NODE, which has been drained and runs nothing

It needs Python alone. See README.md.
"""

import argparse
import json
import math
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field

POOL = "pool"
LIVE = ("ready", "busy", "draining")


@dataclass(frozen=True)
class Shape:
    """What one worker of a pool offers: slots, resources in the units of /demand, and labels besides pool=NAME."""

    name: str
    slots: int
    resources: dict
    labels: dict
    most: int

    @staticmethod
    def read(one):
        return Shape(one["name"], one.get("slots", 1), one.get("resources", {}), one.get("labels", {}), one["max"])

    def times(self, group):
        """How many tasks of a group of /demand one worker runs at once; 0 if it cannot run one."""
        labels = {**self.labels, POOL: self.name}
        if any(labels.get(key) != value for key, value in group["requires"].items()):
            return 0
        return min([self.slots] + [int(self.resources.get(name, 0) / amount + 1e-9) for name, amount in group["resources"].items()])


@dataclass
class Plan:
    """What to do now."""

    up: dict = field(default_factory=dict)
    resume: list = field(default_factory=list)
    drain: list = field(default_factory=list)
    down: list = field(default_factory=list)


class Pools:
    """Decides what to do. It makes no calls and reads no clock, so tests need no service. Times are in seconds."""

    def __init__(self, shapes, idle, start_limit):
        self.shapes, self.idle, self.start_limit = shapes, idle, start_limit
        self.idle_since, self.coming, self.seen, self.ours, self.going = {}, [], set(), set(), {}

    def plan(self, demand, nodes, now):
        """Returns what to do. demand and nodes are the items of GET /api/v1/demand and /api/v1/nodes."""
        plan = Plan()
        pools = {shape.name: [] for shape in self.shapes}
        for node in nodes:
            pool = node["labels"].get(POOL)
            if pool in pools and node["state"] in LIVE:
                pools[pool].append(node)
        self._arrive(pools, now)
        needed = self._needed(demand)
        for shape in self.shapes:
            self._size(shape, pools[shape.name], needed[shape.name], now, plan)
        alive = {node["id"] for pool in pools.values() for node in pool}
        self.idle_since = {name: since for name, since in self.idle_since.items() if name in alive}
        self.ours &= alive
        self.going = {name: until for name, until in self.going.items() if until > now}
        self.seen &= {node["id"] for node in nodes}
        return plan

    def started(self, shape, count, now):
        """Notes that workers have been ordered. Until they report, they count as if they were there."""
        self.coming += [(shape, now + self.start_limit)] * count

    def stopped(self, name, now):
        """Notes that a worker has been stopped. The service may still list it, so it is not stopped again for a while."""
        self.ours.discard(name)
        self.going[name] = now + self.start_limit

    def _arrive(self, pools, now):
        for pool, nodes in pools.items():
            for node in nodes:
                if node["id"] in self.seen:
                    continue
                self.seen.add(node["id"])
                ordered = next((one for one in self.coming if one[0] == pool), None)
                if ordered:
                    self.coming.remove(ordered)
        self.coming = [one for one in self.coming if one[1] > now]

    def _needed(self, demand):
        # Each group goes to the first shape that can run it.
        needed = dict.fromkeys((shape.name for shape in self.shapes), 0.0)
        for group in demand:
            shape = next((shape for shape in self.shapes if shape.times(group) > 0), None)
            if shape:
                needed[shape.name] += group["count"] / shape.times(group)
        return {name: math.ceil(count) for name, count in needed.items()}

    def _size(self, shape, nodes, needed, now, plan):
        coming = sum(1 for one in self.coming if one[0] == shape.name)
        # A node that is ready and idle takes what waits by itself, in a moment.
        idle = sum(1 for node in nodes if node["state"] == "ready" and node["running"] == 0)
        lacking = max(0, needed - coming - idle)
        draining = [node for node in nodes if node["state"] == "draining"]
        resumed = [node["id"] for node in draining if node["id"] in self.ours][:lacking]
        plan.resume += resumed
        more = min(lacking - len(resumed), shape.most - len(nodes) - coming)
        if more > 0:
            plan.up[shape.name] = more
        # What a person drained goes too, but is not resumed.
        plan.down += [node["id"] for node in draining
                      if node["running"] == 0 and node["id"] not in resumed and self.going.get(node["id"], now) <= now]
        for node in nodes:
            if node["state"] != "ready" or node["running"] > 0 or needed > 0:
                self.idle_since.pop(node["id"], None)
            elif now - self.idle_since.setdefault(node["id"], now) >= self.idle:
                plan.drain.append(node["id"])


class Service:
    """The calls of the service."""

    def __init__(self, url, key):
        self.url, self.key = url.rstrip("/"), key

    def call(self, path, method="GET"):
        request = urllib.request.Request(self.url + path, method=method)
        if self.key:
            request.add_header("Authorization", "Bearer " + self.key)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(command, *arguments):
    """Runs a command of the operator's. Returns whether it succeeded."""
    done = subprocess.run(shlex.split(command) + list(arguments), check=False)
    say(f"{' '.join(arguments)}: {'done' if done.returncode == 0 else f'exit code {done.returncode}'}")
    return done.returncode == 0


def act(plan, pools, service, settings):
    for name in plan.resume:
        service.call(f"/api/v1/nodes/{name}/resume", "POST")
        pools.ours.discard(name)
        say(f"{name}: resumed")
    for name in plan.drain:
        service.call(f"/api/v1/nodes/{name}/drain", "POST")
        pools.ours.add(name)
        say(f"{name}: drained")
    for name in plan.down:
        # Look again: the node may have been resumed since the plan's reading.
        node = service.call(f"/api/v1/nodes/{name}")
        if node["state"] == "draining" and node["running"] == 0 and run(settings["down"], name):
            pools.stopped(name, time.monotonic())
    for shape, count in plan.up.items():
        if run(settings["up"], shape, str(count)):
            pools.started(shape, count, time.monotonic())


def main():
    parser = argparse.ArgumentParser(description="Adds and removes workers of OrleansTasks by demand.")
    parser.add_argument("settings", help="a JSON file; see README.md")
    parser.add_argument("--url", default=os.environ.get("OTASK_URL", "http://127.0.0.1:9092"))
    arguments = parser.parse_args()
    with open(arguments.settings, encoding="utf-8") as file:
        settings = json.load(file)
    pools = Pools(
        [Shape.read(one) for one in settings["shapes"]], settings.get("idleSeconds", 600), settings.get("startSeconds", 300))
    service = Service(arguments.url, os.environ.get("OTASK_KEY"))
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    while not ended.is_set():
        try:
            demand, nodes = service.call("/api/v1/demand")["items"], service.call("/api/v1/nodes")["items"]
            act(pools.plan(demand, nodes, time.monotonic()), pools, service, settings)
        except (OSError, ValueError) as fault:
            # The service is away, or a worker has just gone. Nothing is decided without a reading.
            say(f"trying again: {fault}")
        ended.wait(settings.get("everySeconds", 10))


if __name__ == "__main__":
    main()
