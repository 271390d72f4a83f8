# SPDX-License-Identifier: Apache-2.0
"""Unmodified clients in forks of this process: no imports each time, and nothing of one command left for the next."""
import os
import sys
import tempfile


def run_forked(main, words, environment):
    """Status, standard output and standard error of main(words)."""
    with tempfile.TemporaryFile('w+') as out, tempfile.TemporaryFile('w+') as err:
        child = os.fork()
        if child == 0:
            status = 99
            try:
                # A terminal where nobody types: glance takes anything else for an image's data.
                os.dup2(os.openpty()[1], 0)
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                sys.stdin, sys.stdout, sys.stderr = open(0), open(1, 'w', closefd=False), open(2, 'w', closefd=False)
                os.environ.clear()
                os.environ.update(environment)
                status = main(list(words)) or 0
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else 1 if end.code else 0
            except Exception as error:  # as the program's last line would be
                print(f'{type(error).__name__}: {error}', file=sys.stderr)
                status = 1
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        err.seek(0)
        return status, out.read().strip(), err.read().strip()
