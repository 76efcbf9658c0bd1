"""Runs a worker: python -m orleanstasks.worker MODULE [MODULE…] [options]"""

import argparse
import logging
import sys

from . import FolderInUse, IdentityRefused, ModuleBroken, NameTaken, Worker


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m orleanstasks.worker", description="Runs functions with @task as tasks.",
        epilog="OTASK_JOIN_TOKEN: the token with which the worker joins a service on another machine, once.")
    parser.add_argument("modules", metavar="MODULE", nargs="+", help="a module by name, or a file that ends with .py")
    parser.add_argument("--master", metavar="HOST:PORT", action="append", help="a silo of the service; repeatable [default: 127.0.0.1:50051]")
    parser.add_argument("--name", help="the node's name [default: the machine's]")
    parser.add_argument("--slots", type=int, metavar="N", help="how many tasks run at once [default: number of processors]")
    parser.add_argument("--label", metavar="KEY=VALUE", action="append", default=[], help="what tasks can require; repeatable")
    parser.add_argument("--data", metavar="DIR", help="the data folder [default: data/workers/MASTER/NAME]")
    parser.add_argument("--drain", type=float, metavar="SECONDS", default=10.0,
                        help="how long functions may go on after SIGTERM [default: 10]")
    parser.add_argument("--file-cache", type=int, metavar="BYTES", default=1 << 30,
                        help="input files that the worker keeps though no task needs them at the moment [default: 1 GiB]")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    labels = dict(label.partition("=")[::2] for label in options.label)
    try:
        worker = Worker(*options.modules, master=options.master or "127.0.0.1:50051", name=options.name, slots=options.slots,
                        labels=labels, data=options.data, drain=options.drain, file_cache=options.file_cache)
    except ValueError as fault:
        parser.error(str(fault))
    try:
        worker.run()
    except (FolderInUse, IdentityRefused, ModuleBroken, NameTaken) as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
