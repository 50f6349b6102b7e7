"""python3 -m lab up|down|run: see lab/README.md."""

import argparse
import signal
import sys

from lab import tour
from lab.failure import LabError
from lab.lab import Lab


def contents(path):
    if path is None:
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def up(arguments):
    lab = Lab(arguments.folder)
    lab.up(contents(arguments.conf), contents(arguments.zone),
           readers=not arguments.no_readers)
    print(f"the lab is up: {lab.folder}/lab.json says where")


def down(arguments):
    Lab(arguments.folder).down()


def run(_arguments):
    tour.run()


def parse(arguments):
    parser = argparse.ArgumentParser(prog="python3 -m lab")
    verbs = parser.add_subparsers(required=True)
    verb = verbs.add_parser("up", help="start a lab in the background")
    verb.add_argument("folder")
    verb.add_argument("--conf", help="laid over both configurations")
    verb.add_argument("--zone", help="more lines for the DNS")
    verb.add_argument("--no-readers", action="store_true",
                      help="without IMAP and POP3")
    verb.set_defaults(do=up)
    verb = verbs.add_parser("down", help="stop it")
    verb.add_argument("folder")
    verb.set_defaults(do=down)
    verb = verbs.add_parser("run", help="the tour: watch one message")
    verb.set_defaults(do=run)
    return parser.parse_args(arguments)


def main():
    arguments = parse(sys.argv[1:])
    # Ended from outside, the lab still cleans up behind itself.
    # Ctrl-C means us even where whoever started us ignores it (nohup, jobs).
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    try:
        arguments.do(arguments)
    except (LabError, OSError) as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
