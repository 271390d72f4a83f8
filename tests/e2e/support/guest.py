# SPDX-License-Identifier: Apache-2.0
"""A server and the guest inside it: by the API, by ssh, by its console."""
import os
import subprocess
import tempfile

from support import cloud as c

# A guest takes about ten seconds to boot on two idle cores; a busy test machine is far slower.
BOOT_SECONDS = 150
SSH = ['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null',
       '-o', 'LogLevel=ERROR', '-o', 'ConnectTimeout=3', '-o', 'ServerAliveInterval=5']


class Keypair:
    """Made by the service, the private half kept in a file."""

    def __init__(self, name, cloud='nephele'):
        self.name, self.cloud = name, cloud
        self.file = os.path.join(tempfile.mkdtemp(dir=c.STATE), 'key.pem')
        text = c.openstack('keypair', 'create', name, cloud=cloud)
        with open(self.file, 'w', opener=lambda path, flags: os.open(path, flags, 0o600), encoding='ascii') as file:
            file.write(text + '\n')

    def delete(self):
        c.openstack('keypair', 'delete', self.name, cloud=self.cloud)


class Guest:
    def __init__(self, server_id, key, address=None, cloud='nephele'):
        self.id, self.key, self.address, self.cloud = server_id, key, address, cloud

    @classmethod
    def create(cls, name, key, *words, cloud='nephele', image='nephele-guest', flavor='m1.nano', wait=True):
        """With `openstack server create`; returns when it is ACTIVE."""
        shown = c.openstack_json('server', 'create', '--flavor', flavor, '--image', image, '--key-name', key.name, *words,
                                 *(['--wait'] if wait else []), name, cloud=cloud)
        assert not wait or shown['status'] == 'ACTIVE', shown
        return cls(shown['id'], key, cloud=cloud)

    def show(self):
        return c.openstack_json('server', 'show', self.id, cloud=self.cloud)

    def wait_for_status(self, status, seconds=60):
        connection = c.connect(self.cloud)

        def probe():
            server = connection.compute.get_server(self.id)
            assert server.status != 'ERROR' or status == 'ERROR', f'ERROR: {server.fault}'
            return server.status == status and not server.task_state
        c.wait_for(f'server {self.id} is {status}', probe, seconds)

    def fixed_ip(self):
        connection = c.connect(self.cloud)
        port = next(iter(connection.network.ports(device_id=self.id)))
        return port.fixed_ips[0]['ip_address']

    def add_floating_ip(self):
        self.address = c.openstack('floating', 'ip', 'create', 'public', '-f', 'value', '-c', 'floating_ip_address',
                                   cloud=self.cloud)
        c.openstack('server', 'add', 'floating', 'ip', self.id, self.address, cloud=self.cloud)

    def ssh_command(self, *words, user='cirros'):
        return ['ssh', *SSH, '-i', self.key.file, f'{user}@{self.address}', *words]

    def ssh(self, command, timeout=20, user='cirros'):
        """Standard output of a command in the guest; AssertionError when it fails."""
        done = subprocess.run(self.ssh_command(command, user=user), text=True, timeout=timeout, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise AssertionError(f'ssh to {self.address}: {command}: exit status {done.returncode}\n'
                                 f'{done.stdout}{done.stderr}')
        return done.stdout.strip()

    def wait_for_ssh(self, seconds=BOOT_SECONDS):
        try:
            c.wait_for(f'ssh login at {self.address}', lambda: self.ssh('echo in') == 'in', seconds, every=0.5)
        except AssertionError as error:
            raise AssertionError(f'{error}\nits console:\n{self.console()[-3000:]}') from None

    def console(self):
        return c.openstack('console', 'log', 'show', self.id, cloud=self.cloud)

    def ping(self, address, count=1):
        """From inside the guest, where only root may; what ping printed when an answer came."""
        return self.ssh(f'ping -c {count} -W 3 {address}', user='root')

    def boots(self):
        """Changes with every boot of the guest's kernel."""
        return self.ssh('cat /proc/sys/kernel/random/boot_id')

    def delete(self):
        c.openstack('server', 'delete', '--wait', self.id, cloud=self.cloud)
        if self.address:
            c.openstack('floating', 'ip', 'delete', self.address, cloud=self.cloud)


def pings(address, seconds=1):
    """One echo request answered within that time."""
    return subprocess.run(['ping', '-n', '-c', '1', '-W', str(seconds), address], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0
