# SPDX-License-Identifier: Apache-2.0
"""The unmodified openstack client in a fork of this process, and a record of which of its commands and options ran.

A fork saves the client's imports (a second each time), and gives it a process of its own: it keeps its connections in classes.
"""
import importlib.metadata
import json
import os
import sys
import tempfile

from openstackclient import shell
from osc_lib.command import command


class CommandFailed(AssertionError):
    """A command of the client ended with another status than expected."""

    def __init__(self, words, status, output):
        super().__init__(f'openstack {" ".join(words)}: exit status {status}\n{output}')
        self.output = output


def run_forked(words, environment):
    """(exit status, standard output, standard error) of `openstack WORDS...` with these variables set besides."""
    with tempfile.TemporaryFile('w+') as out, tempfile.TemporaryFile('w+') as err:
        child = os.fork()
        if child == 0:
            status = 99
            try:
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                sys.stdout, sys.stderr = open(1, 'w', closefd=False), open(2, 'w', closefd=False)
                os.environ.update(environment)
                # What it returns goes to sys.exit(), which makes 1 of anything that is no number.
                end = shell.main(list(words))
                status = end if isinstance(end, int) else 1 if end else 0
            except SystemExit as end:  # argparse
                status = end.code if isinstance(end.code, int) else 1 if end.code else 0
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        err.seek(0)
        return status, out.read().strip(), err.read().strip()


def _parser(command_class):
    return command_class(None, None).get_parser('')


def _options(parser):
    """The option words of each option: [('--enable',), ('-f', '--format'), ...]."""
    return [tuple(action.option_strings) for action in parser._actions if action.option_strings]


def _generic_options():
    """Those that every command of its kind has: how to print."""
    found = set()
    for kind in (command.Command, command.ShowOne, command.Lister):
        plain = type('Plain', (kind,), {'__module__': __name__, 'take_action': lambda self, parsed: None})
        found.update(_options(_parser(plain)))
    return found


class Commands:
    """Runs commands with the variables of `environment` and remembers which of the group's succeeded."""

    def __init__(self, environment, group):
        self.environment = environment
        # With their modules imported here, so that no fork has to.
        self.classes = {entry.name.replace('_', ' '): entry.load()
                        for entry in importlib.metadata.entry_points(group=group)}
        self.seen = {name: set() for name in self.classes}
        self.ran = set()
        self.warnings = ''  # of the last command

    def _remember(self, words):
        for length in range(min(len(words), 5), 0, -1):
            name = ' '.join(words[:length])
            if name in self.classes:
                self.ran.add(name)
                self.seen[name].update(word.split('=')[0] for word in words[length:] if word.startswith('-'))
                return

    def __call__(self, *words, **who):
        """What it printed; `who` are more variables, as OS_USERNAME."""
        status, out, err = run_forked(words, {**self.environment, **who})
        if status != 0:
            raise CommandFailed(words, status, out + err)
        self._remember(words)
        self.warnings = err
        return out

    def shown(self, *words, **who):
        return json.loads(self(*words, '-f', 'json', **who))

    def refused(self, *words, **who):
        """What the client complains about; it must fail."""
        status, out, err = run_forked(words, {**self.environment, **who})
        if status == 0:
            raise AssertionError(f'openstack {" ".join(words)} should have been refused, but printed:\n{out}')
        return out + err

    def never_ran(self):
        """Commands, and options of commands as 'user create --email', that no successful call had."""
        generic = _generic_options()
        missing = sorted(set(self.classes) - self.ran)
        for name in sorted(self.ran):
            missing += [f'{name} {words[-1]}' for words in _options(_parser(self.classes[name]))
                        if words not in generic and not self.seen[name].intersection(words)]
        return missing
