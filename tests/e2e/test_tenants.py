# SPDX-License-Identifier: Apache-2.0
"""Two tenants with the same addresses: neither sees nor reaches anything of the other."""
import os

import yaml

from support import cloud as c
from support.guest import Guest, Keypair

CIDR = '10.66.0.0/24'


class Tenant:
    """A project with a user, a network of the shared address range, a router and open groups; also a cloud of clouds.yaml."""

    def __init__(self, name):
        self.name = name
        c.cli('project', 'create', name)
        c.cli('user', 'create', '--password', 'tenant-pass', '--project', name, name)
        c.cli('role', 'add', '--user', name, '--project', name, 'member')
        self._add_to_clouds_yaml()
        self.run('network', 'create', name)
        self.run('subnet', 'create', '--network', name, '--subnet-range', CIDR, name)
        self.run('router', 'create', name)
        self.run('router', 'set', '--external-gateway', 'public', name)
        self.run('router', 'add', 'subnet', name, name)
        for rule in (['--protocol', 'icmp'], ['--protocol', 'tcp']):
            self.run('security', 'group', 'rule', 'create', *rule, 'default')
        self.key = Keypair(name, cloud=name)

    def _add_to_clouds_yaml(self):
        with open(c.CLOUDS, encoding='utf-8') as file:
            clouds = yaml.safe_load(file)
        mine = dict(clouds['clouds']['nephele'])
        mine['auth'] = dict(mine['auth'], username=self.name, password='tenant-pass', project_name=self.name)
        clouds['clouds'][self.name] = mine
        with open(c.CLOUDS, 'w', opener=lambda path, flags: os.open(path, flags, 0o600), encoding='utf-8') as file:
            yaml.safe_dump(clouds, file)

    def run(self, *words):
        return c.cli(*words, cloud=self.name)

    def json(self, *words):
        return c.cli_json(*words, cloud=self.name)

    def boot(self, own, others):
        """A guest with one address; a port without a guest holds the address that the other tenant's guest has."""
        for name, address in ((self.name, own), ('idle', others)):
            self.run('port', 'create', '--network', self.name, '--fixed-ip', f'subnet={self.name},ip-address={address}', name)
        self.guest = Guest.create(self.name, self.key, '--port', self.name, cloud=self.name, wait=False)

    def remove(self):
        self.guest.delete()
        self.run('port', 'delete', self.name, 'idle')
        self.run('router', 'remove', 'subnet', self.name, self.name)
        self.run('router', 'delete', self.name)
        self.run('network', 'delete', self.name)
        self.key.delete()
        c.cli('user', 'delete', self.name)
        c.cli('project', 'delete', self.name)
        for group in c.cli_json('security', 'group', 'list'):
            if group['Name'] == 'default' and group['Project'] not in c.cli('project', 'list'):
                c.cli('security', 'group', 'delete', group['ID'])


class Tenants(c.CloudTest):
    needed = ('test_01',)

    def test_01_two_guests_in_one_address_range(self):
        Tenants.one, Tenants.two = Tenant('tenant-one'), Tenant('tenant-two')
        self.one.boot('10.66.0.50', '10.66.0.60')
        self.two.boot('10.66.0.60', '10.66.0.50')
        for tenant, address in ((self.one, '10.66.0.50'), (self.two, '10.66.0.60')):
            tenant.guest.wait_for_status('ACTIVE', 120)
            tenant.guest.add_floating_ip()
            tenant.guest.wait_for_ssh()
            self.assertEqual(tenant.guest.ssh('hostname').split('.')[0], tenant.name)
            self.assertIn(f'{address}/24', tenant.guest.ssh('ip -4 -o addr show'))

    def test_02_neither_reaches_the_other(self):
        for tenant, others in ((self.one, '10.66.0.60'), (self.two, '10.66.0.50')):
            self.assertIn('1 packets received', tenant.guest.ping('10.66.0.1'))
            with self.assertRaisesRegex(AssertionError, '100% packet loss'):
                tenant.guest.ping(others, 2)

    def test_03_neither_sees_the_other(self):
        for one, two in ((self.one, self.two), (self.two, self.one)):
            for kind, words in (('server', ['server', 'list', '-c', 'ID']), ('network', ['network', 'list', '-c', 'ID']),
                                ('port', ['port', 'list', '-c', 'ID']), ('router', ['router', 'list', '-c', 'ID']),
                                ('subnet', ['subnet', 'list', '-c', 'ID']), ('floating ip', ['floating', 'ip', 'list', '-c', 'ID']),
                                ('group', ['security', 'group', 'list', '-c', 'ID'])):
                with self.subTest(kind=kind, seen_by=one.name):
                    mine = {row['ID'] for row in one.json(*words)}
                    theirs = {row['ID'] for row in two.json(*words)}
                    common = mine & theirs
                    if kind in ('network', 'subnet'):
                        public = {row['ID'] for row in c.cli_json('network', 'list', '--external', '-c', 'ID')}
                        public |= {row['ID'] for row in c.cli_json('subnet', 'list', '--network', 'public', '-c', 'ID')}
                        common -= public
                    self.assertEqual(common, set())
                    self.assertTrue(mine)
            self.assertTrue(c.cli_refused('server', 'show', two.guest.id, cloud=one.name))
            self.assertTrue(c.cli_refused('server', 'delete', two.guest.id, cloud=one.name))
            self.assertTrue(c.cli_refused('network', 'show', two.name, cloud=one.name))
            self.assertTrue(c.cli_refused('port', 'create', '--network', two.json('network', 'show', two.name)['id'], 'in',
                                          cloud=one.name))

    def test_04_gone_again(self):
        self.one.remove()
        self.two.remove()
