# SPDX-License-Identifier: Apache-2.0
"""A private PostgreSQL for tests written in Python, on a port of its own; it can be killed and come back."""
import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

from private_cloud import free_port


def binaries():
    found = sorted(glob.glob('/usr/lib/postgresql/*/bin'))
    if not found:
        raise RuntimeError('no PostgreSQL server: install the package postgresql')
    return found[-1]


class PrivatePostgres:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix='nephele-postgres-')
        self.port = free_port()
        self.user = []
        if os.geteuid() == 0:  # It refuses to run as root.
            who = pwd.getpwnam('postgres')
            os.chown(self.directory, who.pw_uid, who.pw_gid)
            self.user = ['--reuid', str(who.pw_uid), '--regid', str(who.pw_gid), '--clear-groups']
        self.process = None
        self.run('initdb', '--no-sync', '--auth=trust', '--username=nephele', '--encoding=UTF8',
                 '--locale=C', '-D', self.directory + '/data')
        self.start()
        self.run('createdb', '-h', '127.0.0.1', '-p', str(self.port), '-U', 'nephele', 'cloud')

    url = property(lambda self: f'postgresql://nephele@127.0.0.1:{self.port}/cloud')

    def command(self, program, *words):
        return ['setpriv', '--pdeathsig', 'QUIT', *self.user, f'{binaries()}/{program}', *words]

    def run(self, program, *words):
        subprocess.run(self.command(program, *words), check=True, stdout=subprocess.DEVNULL, timeout=60,
                       cwd=self.directory)

    def start(self):
        with open(self.directory + '/log', 'ab') as log:
            self.process = subprocess.Popen(
                self.command('postgres', '-D', self.directory + '/data', '-p', str(self.port), '-k', '',
                             '-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=200',
                             '-c', 'default_transaction_isolation=serializable'),
                stdout=log, stderr=log, cwd=self.directory, start_new_session=True)
        for _ in range(600):
            ready = subprocess.run([f'{binaries()}/pg_isready', '-q', '-h', '127.0.0.1', '-p', str(self.port)])
            if ready.returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError(open(self.directory + '/log').read()[-2000:])

    def kill(self):
        """SIGKILL of all its processes: what a power cut is."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGQUIT)
            self.process.wait(30)
        shutil.rmtree(self.directory, ignore_errors=True)
