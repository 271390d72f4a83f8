# SPDX-License-Identifier: Apache-2.0
"""The story: from nothing to a login into a guest by its floating IP, and what can be done with that guest."""
import json
import os
import tempfile

from support import cloud as c
from support.guest import BOOT_SECONDS, Guest, Keypair, pings
from support.websocket import WebSocket

USER_DATA = """#!/bin/sh
echo "user data of $(hostname) ran" | tee -a /home/cirros/user-data
"""


def user_data_file():
    with tempfile.NamedTemporaryFile('w', dir=c.STATE, suffix='.sh', delete=False) as file:
        file.write(USER_DATA)
    return file.name


class Story(c.CloudTest):
    """Everything by hand, nothing of the starter content but flavor and external network."""
    needed = ('test_01', 'test_02', 'test_03')

    @classmethod
    def setUpClass(cls):
        cls.made = {}

    def test_01_keypair_image_network_router(self):
        made = self.made
        made['key'] = Keypair('story')
        c.openstack('image', 'create', '--file', os.path.join(c.STATE, 'guest.qcow2'), '--disk-format', 'qcow2',
                    '--container-format', 'bare', 'story')
        self.assertEqual(c.openstack_json('image', 'show', 'story')['status'], 'active')
        c.openstack('network', 'create', 'story')
        c.openstack('subnet', 'create', '--network', 'story', '--subnet-range', '10.20.30.0/24', '--dns-nameserver', '9.9.9.9',
                    'story')
        c.openstack('router', 'create', 'story')
        c.openstack('router', 'set', '--external-gateway', 'public', 'story')
        c.openstack('router', 'add', 'subnet', 'story', 'story')
        c.openstack('security', 'group', 'create', 'story')
        for rule in (['--protocol', 'icmp'], ['--protocol', 'tcp', '--dst-port', '22']):
            c.openstack('security', 'group', 'rule', 'create', *rule, 'story')

    def test_02_server_and_floating_ip(self):
        made = self.made
        made['guest'] = guest = Guest.create('story', made['key'], '--network', 'story', '--security-group', 'story',
                                             '--user-data', user_data_file(), '--property', 'colour=blue', image='story')
        shown = guest.show()
        self.assertIn('10.20.30.', json.dumps(shown['addresses']))
        port = c.openstack_json('port', 'list', '--server', guest.id)[0]
        self.assertEqual(port['Status'], 'ACTIVE')
        guest.add_floating_ip()

    def test_03_ssh_login(self):
        guest = self.made['guest']
        guest.wait_for_ssh()
        self.assertEqual(guest.ssh('whoami'), 'cirros')
        self.assertTrue(pings(guest.address, 3))

    def test_04_lease_name_and_metadata(self):
        guest = self.made['guest']
        self.assertIn(guest.fixed_ip() + '/24', guest.ssh('ip -4 -o addr show'))
        self.assertIn('default via 10.20.30.1', guest.ssh('ip route'))
        self.assertIn('9.9.9.9', guest.ssh('cat /etc/resolv.conf'))
        self.assertEqual(guest.ssh('hostname').split('.')[0], 'story')
        said = json.loads(guest.ssh('wget -q -O - http://169.254.169.254/openstack/latest/meta_data.json'))
        self.assertEqual((said['uuid'], said['name'], said['meta']), (guest.id, 'story', {'colour': 'blue'}))
        self.assertIn('story', said['public_keys'])
        self.assertEqual(guest.ssh('wget -q -O - http://169.254.169.254/latest/meta-data/local-ipv4'), guest.fixed_ip())

    def test_04b_metadata_follows_the_server(self):
        """Asked inside the guest: floating IP, groups, name and metadata as they are now, without a reboot."""
        guest = self.made['guest']
        before = guest.boots()

        def says(path):
            return guest.ssh(f'wget -q -O - http://169.254.169.254/{path}')
        c.wait_for('the floating IP is in the metadata', lambda: says('latest/meta-data/public-ipv4') == guest.address, 20)
        self.assertEqual(says('latest/meta-data/instance-type'), 'm1.nano')
        self.assertRegex(says('latest/meta-data/reservation-id'), '^r-')
        self.assertEqual(says('latest/meta-data/security-groups'), 'story')
        c.openstack('security', 'group', 'create', 'story-more')
        # The client looks groups up by a proxy that nova dropped in 2.36.
        connection = c.connect('nephele')
        group, compute = connection.network.find_security_group('story-more'), connection.compute
        compute.add_security_group_to_server(guest.id, group)
        c.wait_for('the group is in the metadata',
                   lambda: says('latest/meta-data/security-groups').split() == ['story', 'story-more'], 20)
        compute.remove_security_group_from_server(guest.id, group)
        c.openstack('security', 'group', 'delete', 'story-more')
        c.openstack('server', 'set', '--name', 'story-two', '--property', 'size=7', guest.id)

        def document():
            return json.loads(says('openstack/latest/meta_data.json'))
        c.wait_for('name and metadata are in the document', lambda: document()['name'] == 'story-two', 20)
        self.assertEqual(document()['meta'], {'colour': 'blue', 'size': '7'})
        c.openstack('server', 'set', '--name', 'story', guest.id)
        c.openstack('server', 'unset', '--property', 'size', guest.id)
        self.assertEqual(guest.boots(), before)

    def test_04c_serial_console(self):
        """A login by hand at the serial port, over the WebSocket that the client is pointed to."""
        url = c.openstack('console', 'url', 'show', '--serial', '-f', 'value', '-c', 'url', self.made['guest'].id)
        console = WebSocket(url)
        try:
            console.send(b'\r')
            console.read_until(b'login:')
            console.send(b'cirros\r')
            console.read_until(b'assword:')
            console.send(b'gocubsgo\r')
            console.read_until(b'$')
            console.send(b'echo $((6 * 7))-answers\r')
            console.read_until(b'42-answers')
            console.send(b'exit\r')
        finally:
            console.close()

    def test_04d_screen(self):
        url = c.openstack('console', 'url', 'show', '--novnc', '-f', 'value', '-c', 'url', self.made['guest'].id)
        screen = WebSocket(url)
        try:
            self.assertEqual(screen.receive(), b'RFB 003.008\n')
            screen.send(b'RFB 003.008\n')
            self.assertIn(1, screen.receive()[1:])  # security types: none is among them
        finally:
            screen.close()

    def test_05_user_data_and_console(self):
        guest = self.made['guest']
        self.assertRegex(guest.ssh('cat user-data'), r'user data of story\S* ran')
        self.assertIn('nephele guest ready', guest.console())
        # The client asks for one line more than it was told, for logs that end with a line's end.
        self.assertIn(len(c.openstack('console', 'log', 'show', '--lines', '3', guest.id).splitlines()), (3, 4))

    def test_06_outwards(self):
        """SNAT or the floating IP: the guest reaches the host's address on the external network."""
        self.assertIn('1 packets received', self.made['guest'].ping('172.24.4.1'))

    def test_07_security_group_rules(self):
        guest = self.made['guest']
        rules = c.openstack_json('security', 'group', 'rule', 'list', '--protocol', 'icmp', '--ingress', 'story')
        c.openstack('security', 'group', 'rule', 'delete', rules[0]['ID'])
        c.wait_for('no ping without the rule', lambda: not pings(guest.address), 15)
        guest.ssh('true')
        c.openstack('security', 'group', 'rule', 'create', '--protocol', 'icmp', 'story')
        c.wait_for('ping with the rule', lambda: pings(guest.address), 15)

    def test_08_soft_reboot_keeps_the_disk(self):
        guest = self.made['guest']
        guest.ssh('echo kept > marker && sync')
        before = guest.boots()
        c.openstack('server', 'reboot', '--soft', '--wait', guest.id)
        self._booted_again(guest, before)

    def _booted_again(self, guest, before):
        c.wait_for('another boot of the guest', lambda: guest.boots() != before, BOOT_SECONDS, every=0.5)
        self.assertEqual(guest.ssh('cat marker'), 'kept')
        self.assertEqual(guest.ssh('wc -l < user-data').strip(), '1')

    def test_09_hard_reboot_keeps_the_disk(self):
        guest = self.made['guest']
        before = guest.boots()
        c.openstack('server', 'reboot', '--hard', '--wait', guest.id)
        self._booted_again(guest, before)

    def test_10_stop_and_start_keep_the_disk(self):
        guest = self.made['guest']
        before = guest.boots()
        c.openstack('server', 'stop', guest.id)
        guest.wait_for_status('SHUTOFF', 90)
        self.assertFalse(pings(guest.address))
        c.openstack('server', 'start', guest.id)
        guest.wait_for_status('ACTIVE')
        self._booted_again(guest, before)

    def test_11_pause_and_suspend(self):
        guest = self.made['guest']
        before = guest.boots()
        for away, back, status in (('pause', 'unpause', 'PAUSED'), ('suspend', 'resume', 'SUSPENDED')):
            with self.subTest(away):
                c.openstack('server', away, guest.id)
                guest.wait_for_status(status)
                self.assertFalse(pings(guest.address))
                c.openstack('server', back, guest.id)
                guest.wait_for_status('ACTIVE')
                guest.wait_for_ssh(60)
                self.assertEqual(guest.boots(), before)

    def test_12_show_list_rename_events(self):
        guest = self.made['guest']
        c.openstack('server', 'set', '--name', 'renamed', '--property', 'shape=round', guest.id)
        shown = guest.show()
        self.assertEqual((shown['name'], shown['properties']), ('renamed', {'colour': 'blue', 'shape': 'round'}))
        c.openstack('server', 'unset', '--property', 'shape', guest.id)
        self.assertEqual(guest.show()['properties'], {'colour': 'blue'})
        for words, found in ((['--name', 'renam'], True), (['--status', 'ACTIVE'], True), (['--status', 'SHUTOFF'], False),
                             (['--flavor', 'm1.nano'], True), (['--image', 'story'], True), (['--ip', '10.20.30'], True),
                             (['--name', 'other'], False)):
            with self.subTest(words):
                self.assertEqual([s['ID'] for s in c.cli_json('server', 'list', *words, cloud='nephele')],
                                 [guest.id] if found else [])
        actions = [e['Action'] for e in c.cli_json('server', 'event', 'list', guest.id, cloud='nephele')]
        self.assertLessEqual({'create', 'reboot', 'stop', 'start', 'pause', 'unpause', 'suspend', 'resume'}, set(actions))
        limits = {line['Name']: line['Value'] for line in c.cli_json('limits', 'show', '--absolute', cloud='nephele')}
        self.assertEqual((limits['totalInstancesUsed'], limits['totalRAMUsed']), (1, 128))

    def test_12b_a_card_more_and_less(self):
        """Hot-plugged into the running guest, and pulled again."""
        guest = self.made['guest']
        before = guest.boots()
        cards = 'grep -l . /sys/class/net/*/address | grep -vc /lo/'
        self.assertEqual(guest.ssh(cards), '1')

        def ports():
            return {p['ID']: p['Status'] for p in c.openstack_json('port', 'list', '--server', guest.id)}
        first = set(ports())
        c.openstack('server', 'add', 'network', guest.id, 'story')
        c.wait_for('the guest sees a second card', lambda: guest.ssh(cards) == '2', 30)
        c.wait_for('both ports are up', lambda: list(ports().values()) == ['ACTIVE', 'ACTIVE'], 30)
        c.openstack('server', 'remove', 'port', guest.id, (set(ports()) - first).pop())
        c.wait_for('the card is gone', lambda: guest.ssh(cards) == '1', 60)
        c.wait_for('its port is gone', lambda: set(ports()) == first, 30)
        self.assertEqual(guest.boots(), before)

    def test_12c_resize(self):
        """Larger and back with what was written before; then larger for good."""
        guest = self.made['guest']

        def memory():
            return int(guest.ssh('grep MemTotal /proc/meminfo').split()[1])
        small = memory()
        guest.ssh('echo before > size && sync')
        c.openstack('server', 'resize', '--flavor', 'm1.micro', guest.id)
        guest.wait_for_status('VERIFY_RESIZE', 180)
        guest.wait_for_ssh()
        self.assertGreater(memory(), 1.5 * small)
        self.assertEqual(guest.ssh('cat size'), 'before')
        guest.ssh('echo meanwhile > size && sync')
        c.openstack('server', 'resize', 'revert', guest.id)
        guest.wait_for_status('ACTIVE', 180)
        guest.wait_for_ssh()
        self.assertEqual((memory(), guest.ssh('cat size')), (small, 'before'))
        c.openstack('server', 'resize', '--flavor', 'm1.micro', guest.id)
        guest.wait_for_status('VERIFY_RESIZE', 180)
        c.openstack('server', 'resize', 'confirm', guest.id)
        guest.wait_for_status('ACTIVE')
        guest.wait_for_ssh()
        self.assertGreater(memory(), 1.5 * small)

    def test_12d_rebuild(self):
        """A new disk; address, floating IP and key as before."""
        guest = self.made['guest']
        address = guest.fixed_ip()
        c.openstack('server', 'rebuild', '--image', 'story', guest.id)
        guest.wait_for_status('ACTIVE', 180)
        guest.wait_for_ssh()
        self.assertEqual(guest.ssh('ls marker size 2>/dev/null | wc -l'), '0')
        self.assertEqual(guest.fixed_ip(), address)

    def test_13_config_drive(self):
        """A second guest that learns all from its disk; several servers from one command share a name."""
        made = self.made
        made['second'] = second = Guest.create('drive', made['key'], '--network', 'story', '--security-group', 'story',
                                               '--config-drive', 'True', '--user-data', user_data_file())
        self.assertTrue(second.show()['config_drive'])
        second.add_floating_ip()
        second.wait_for_ssh()
        self.assertRegex(second.ssh('cat user-data'), r'user data of drive\S* ran')
        self.assertIn('config-2', second.ssh('findfs LABEL=config-2 >/dev/null && echo config-2', user='root'))

    def test_14_east_west(self):
        """Two guests of one group on one network reach each other."""
        first, second = self.made['guest'], self.made['second']
        c.openstack('security', 'group', 'rule', 'create', '--protocol', 'icmp', '--remote-group', 'story', 'story')
        self.assertIn('1 packets received', first.ping(second.fixed_ip()))
        self.made.pop('second').delete()
        self.assertNotIn(second.id, c.openstack('server', 'list'))

    def test_15_gone_again(self):
        guest = self.made['guest']
        if 'second' in self.made:
            self.made.pop('second').delete()
        guest.delete()
        c.wait_for('no ping after the end', lambda: not pings(guest.address), 15)
        c.openstack('router', 'remove', 'subnet', 'story', 'story')
        c.openstack('router', 'delete', 'story')
        c.openstack('network', 'delete', 'story')
        c.openstack('security', 'group', 'delete', 'story')
        c.openstack('image', 'delete', 'story')
        self.made['key'].delete()
