# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the whole control plane: what was begun is finished, what runs never notices."""
import os
import signal
import subprocess

from support import cloud as c
from support.guest import Guest, Keypair


class Session:
    """A login that stays open: an echo of each line through the guest."""

    def __init__(self, guest):
        self.process = subprocess.Popen(guest.ssh_command('cat'), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        bufsize=1)

    def echo(self, line):
        self.process.stdin.write(line + '\n')
        return self.process.stdout.readline().rstrip('\n')

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def kill_and_start():
    pid = c.server_pid()
    os.kill(pid, signal.SIGKILL)
    # Ours to reap or not, the process is gone when it has no more command line.
    c.wait_for('the process is gone', lambda: not os.path.exists(f'/proc/{pid}/exe')
               or not os.path.realpath(f'/proc/{pid}/exe').endswith('/nephele'), 10, every=0.05)
    c.up_again()


class Crash(c.CloudTest):
    needed = ('test_01',)

    @classmethod
    def setUpClass(cls):
        cls.key = Keypair('crash')

    @classmethod
    def tearDownClass(cls):
        cls.key.delete()

    def test_01_a_running_guest(self):
        Crash.guest = Guest.create('steady', self.key, '--network', 'private')
        self.guest.add_floating_ip()
        self.guest.wait_for_ssh()

    def test_02_killed_while_another_boots(self):
        session = Session(self.guest)
        self.assertEqual(session.echo('before'), 'before')
        Crash.second = Guest.create('interrupted', self.key, '--network', 'private', wait=False)
        kill_and_start()
        self.assertEqual(session.echo('after'), 'after')
        self.second.wait_for_status('ACTIVE', 120)
        self.second.add_floating_ip()
        self.second.wait_for_ssh()
        self.assertEqual(session.echo('still'), 'still')
        session.close()

    def test_03_killed_while_it_is_deleted(self):
        c.openstack('server', 'delete', self.second.id)
        kill_and_start()
        c.wait_for('the deleted server is gone', lambda: self.second.id not in c.openstack('server', 'list'), 60)
        c.openstack('floating', 'ip', 'delete', self.second.address)

    def test_04_the_first_is_still_the_clouds(self):
        before = self.guest.boots()
        c.openstack('server', 'reboot', '--hard', '--wait', self.guest.id)
        c.wait_for('another boot', lambda: self.guest.boots() != before, 150, every=0.5)
        self.guest.delete()
