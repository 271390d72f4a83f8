# SPDX-License-Identifier: Apache-2.0
"""After everything was deleted the host has what it had before the tests, and so have the tables."""
from support import cloud as c
from support import host


class Leftovers(c.CloudTest):
    def test_01_create_and_delete_leaves_nothing(self):
        """One more server, its network only for it: compared with what was there just before."""
        before = host.everything()
        c.openstack('network', 'create', 'brief')
        c.openstack('subnet', 'create', '--network', 'brief', '--subnet-range', '10.5.0.0/24', 'brief')
        c.openstack('server', 'create', '--flavor', 'm1.nano', '--image', 'nephele-guest', '--network', 'brief', '--wait',
                    'brief')
        during = host.everything()
        self.assertTrue({kind.split(':')[0] for kind in during - before} >= {'domain', 'device', 'ovn', 'switch port'},
                        during - before)
        c.openstack('server', 'delete', '--wait', 'brief')
        c.openstack('network', 'delete', 'brief')

        def same():
            now = host.everything()
            assert now == before, f'left behind: {sorted(now - before)}, lost: {sorted(before - now)}'
            return True
        c.wait_for('the host is as before', same, 30)

    def test_02_nothing_of_all_tests(self):
        self.assertEqual(host.domains(), set())
        self.assertEqual(host.devices(), set())
        self.assertEqual(host.instance_files(), set())
        self.assertEqual(c.cli_json('server', 'list', '--all-projects'), [])
        self.assertEqual(c.cli_json('floating', 'ip', 'list'), [])
        owners = {port['device_owner'] for port in
                  (p.to_dict() for p in c.connect('nephele-admin').network.ports())}
        self.assertLessEqual(owners, {'network:router_interface', 'network:router_gateway', 'network:dhcp',
                                      'network:distributed'})
        self.assertRegex(c.nephele('operations'), r'(?m)^0 unfinished$')

    def test_03_no_claim(self):
        placement = c.connect('nephele-admin').placement
        for provider in placement.get('/resource_providers').json()['resource_providers']:
            allocations = placement.get(f"/resource_providers/{provider['uuid']}/allocations").json()['allocations']
            self.assertEqual(allocations, {}, provider['name'])
