# SPDX-License-Identifier: Apache-2.0
"""A guest's disk outlives it: images and backups of a running server, shelving, rescue."""
from support import cloud as c
from support.guest import BOOT_SECONDS, Guest, Keypair


def image(name):
    found = [i['ID'] for i in c.openstack_json('image', 'list', '--private') if i['Name'] == name]
    return c.openstack_json('image', 'show', found[0]) if found else None


class Snapshots(c.CloudTest):
    needed = ('test_01',)

    @classmethod
    def setUpClass(cls):
        cls.made = {}

    def test_01_a_guest_with_something_to_lose(self):
        made = self.made
        made['key'] = Keypair('snapshots')
        c.openstack('security', 'group', 'create', 'snapshots')
        c.openstack('security', 'group', 'rule', 'create', '--protocol', 'tcp', '--dst-port', '22', 'snapshots')
        made['guest'] = guest = Guest.create('original', made['key'], '--network', 'private', '--security-group', 'snapshots')
        guest.add_floating_ip()
        guest.wait_for_ssh()
        guest.ssh('echo precious > marker && sync')

    def test_02_an_image_while_it_runs(self):
        guest = self.made['guest']
        before = guest.boots()
        c.openstack('server', 'image', 'create', '--wait', '--name', 'snapshot', guest.id)
        made = image('snapshot')
        self.assertEqual((made['status'], made['disk_format'], made['visibility']), ('active', 'qcow2', 'private'))
        properties = made['properties']
        self.assertEqual((properties['image_type'], properties['instance_uuid']), ('snapshot', guest.id))
        self.assertEqual(properties['base_image_ref'], guest.show()['image'].split('(')[-1].rstrip(')'))
        self.assertEqual(guest.show()['status'], 'ACTIVE')
        self.assertEqual((guest.boots(), guest.ssh('cat marker')), (before, 'precious'))

    def test_03_another_server_from_it(self):
        made = self.made
        copy = Guest.create('copy', made['key'], '--network', 'private', '--security-group', 'snapshots', image='snapshot')
        try:
            copy.add_floating_ip()
            copy.wait_for_ssh()
            self.assertEqual(copy.ssh('cat marker'), 'precious')
            self.assertEqual(copy.ssh('hostname').split('.')[0], 'copy')
        finally:
            copy.delete()

    def test_04_backups_rotate(self):
        guest = self.made['guest']
        for name in ('backup-1', 'backup-2'):
            c.openstack('server', 'backup', 'create', '--wait', '--name', name, '--type', 'daily', '--rotate', '1', guest.id)
        self.assertIsNone(image('backup-1'))
        self.assertEqual(image('backup-2')['properties']['backup_type'], 'daily')

    def test_05_an_image_of_one_that_is_off(self):
        guest = self.made['guest']
        c.openstack('server', 'stop', guest.id)
        guest.wait_for_status('SHUTOFF', 90)
        c.openstack('server', 'image', 'create', '--wait', '--name', 'cold', guest.id)
        self.assertEqual(image('cold')['status'], 'active')
        c.openstack('server', 'start', guest.id)
        guest.wait_for_status('ACTIVE')
        guest.wait_for_ssh()

    def test_06_shelved_and_back(self):
        guest = self.made['guest']
        address = guest.fixed_ip()
        c.openstack('server', 'shelve', guest.id)
        guest.wait_for_status('SHELVED_OFFLOADED', 180)
        self.assertEqual(image('original-shelved')['status'], 'active')
        c.openstack('server', 'unshelve', guest.id)
        guest.wait_for_status('ACTIVE', 180)
        guest.wait_for_ssh()
        self.assertEqual((guest.ssh('cat marker'), guest.fixed_ip()), ('precious', address))
        self.assertIsNone(image('original-shelved'))

    def test_07_rescued(self):
        """Booted from the image it was made of, with its own disk as the second; and back."""
        guest = self.made['guest']
        before = guest.boots()
        c.openstack('server', 'rescue', '--image', 'nephele-guest', guest.id)
        guest.wait_for_status('RESCUE', 180)
        c.wait_for('the rescue system boots', lambda: guest.boots() != before, BOOT_SECONDS, every=0.5)
        self.assertEqual(guest.ssh('ls marker 2>/dev/null | wc -l'), '0')
        self.assertIn('vdb', guest.ssh('ls /sys/block'))
        rescue = guest.boots()
        c.openstack('server', 'unrescue', guest.id)
        guest.wait_for_status('ACTIVE', 180)
        c.wait_for('its own system boots', lambda: guest.boots() != rescue, BOOT_SECONDS, every=0.5)
        self.assertEqual(guest.ssh('cat marker'), 'precious')
        self.assertNotIn('vdb', guest.ssh('ls /sys/block'))

    def test_08_gone_again(self):
        self.made['guest'].delete()
        for name in ('snapshot', 'cold', 'backup-2'):
            c.openstack('image', 'delete', name)
        c.openstack('security', 'group', 'delete', 'snapshots')
        self.made['key'].delete()
