# SPDX-License-Identifier: Apache-2.0
"""The network commands of the openstack client, without guests."""
import json

from support.cloud import CloudTest, cli, cli_json, cli_refused, openstack_json


def demo(*words):
    return cli(*words, cloud='nephele')


def demo_json(*words):
    return cli_json(*words, cloud='nephele')


class Network(CloudTest):
    def test_01_networks_and_subnets(self):
        network = openstack_json('network', 'create', '--description', 'of a test', 'e2e-net')
        self.assertEqual((network['status'], network['admin_state_up'], network['shared']), ('ACTIVE', True, False))
        subnet = demo_json('subnet', 'create', '--network', 'e2e-net', '--subnet-range', '10.77.0.0/24', '--dns-nameserver',
                           '9.9.9.9', '--allocation-pool', 'start=10.77.0.10,end=10.77.0.20', '--host-route',
                           'destination=10.99.0.0/16,gateway=10.77.0.9', 'e2e-subnet')
        self.assertEqual((subnet['gateway_ip'], subnet['enable_dhcp']), ('10.77.0.1', True))
        self.assertEqual(subnet['allocation_pools'], [{'start': '10.77.0.10', 'end': '10.77.0.20'}])
        demo('subnet', 'set', '--name', 'e2e-renamed', '--no-dns-nameservers', '--dns-nameserver', '1.1.1.1', 'e2e-subnet')
        self.assertEqual(demo_json('subnet', 'show', 'e2e-renamed')['dns_nameservers'], ['1.1.1.1'])
        self.assertIn('e2e-renamed', [s['Name'] for s in demo_json('subnet', 'list', '--network', 'e2e-net')])
        demo('network', 'set', '--disable', '--tag', 'green', 'e2e-net')
        self.assertEqual([n['Name'] for n in demo_json('network', 'list', '--tags', 'green')], ['e2e-net'])
        demo('network', 'set', '--enable', 'e2e-net')
        self.assertIn('overlaps', cli_refused('subnet', 'create', '--network', 'e2e-net', '--subnet-range', '10.77.0.0/25',
                                              'twice', cloud='nephele'))

    def test_02_what_a_tenant_may_not(self):
        self.assertIn('403', cli_refused('network', 'create', '--provider-network-type', 'flat',
                                         '--provider-physical-network', 'public', 'mine', cloud='nephele'))
        self.assertIn('public', [n['Name'] for n in demo_json('network', 'list', '--external')])
        self.assertTrue(cli_refused('network', 'delete', 'public', cloud='nephele'))
        self.assertEqual(cli_json('network', 'show', 'public')['provider:network_type'], 'flat')

    def test_03_ports(self):
        port = demo_json('port', 'create', '--network', 'e2e-net', '--fixed-ip', 'subnet=e2e-renamed,ip-address=10.77.0.15',
                         'e2e-port')
        self.assertEqual(port['fixed_ips'][0]['ip_address'], '10.77.0.15')
        self.assertEqual(port['status'], 'DOWN')
        demo('port', 'set', '--name', 'e2e-port2', '--allowed-address', 'ip-address=10.77.0.200', 'e2e-port')
        shown = demo_json('port', 'show', 'e2e-port2')
        self.assertEqual([pair['ip_address'] for pair in shown['allowed_address_pairs']], ['10.77.0.200'])
        self.assertTrue(cli_refused('port', 'create', '--network', 'e2e-net', '--fixed-ip', 'ip-address=10.77.0.15', 'dup',
                                    cloud='nephele'))
        self.assertEqual([p['Name'] for p in demo_json('port', 'list', '--network', 'e2e-net', '--fixed-ip',
                                                       'ip-address=10.77.0.15')], ['e2e-port2'])
        self.assertTrue(cli_refused('network', 'delete', 'e2e-net', cloud='nephele'))

    def test_04_router_and_floating_ip(self):
        router = demo_json('router', 'create', 'e2e-router')
        self.assertEqual(router['status'], 'ACTIVE')
        demo('router', 'set', '--external-gateway', 'public', 'e2e-router')
        demo('router', 'add', 'subnet', 'e2e-router', 'e2e-renamed')
        shown = demo_json('router', 'show', 'e2e-router')
        self.assertEqual([i['ip_address'] for i in shown['interfaces_info']], ['10.77.0.1'])
        self.assertTrue(shown['external_gateway_info']['external_fixed_ips'][0]['ip_address'].startswith('172.24.4.'))
        floating = demo_json('floating', 'ip', 'create', 'public', '--description', 'of a test')
        address = floating['floating_ip_address']
        demo('floating', 'ip', 'set', '--port', 'e2e-port2', address)
        self.assertEqual(demo_json('floating', 'ip', 'show', address)['fixed_ip_address'], '10.77.0.15')
        self.assertEqual([f['Floating IP Address'] for f in demo_json('floating', 'ip', 'list', '--port', 'e2e-port2')],
                         [address])
        self.assertTrue(cli_refused('router', 'remove', 'subnet', 'e2e-router', 'e2e-renamed', cloud='nephele'))
        demo('floating', 'ip', 'unset', '--port', address)
        demo('floating', 'ip', 'delete', address)
        demo('router', 'set', '--route', 'destination=10.200.0.0/16,gateway=10.77.0.9', 'e2e-router')
        self.assertIn('10.200.0.0/16', json.dumps(demo_json('router', 'show', 'e2e-router')['routes']))
        demo('router', 'unset', '--route', 'destination=10.200.0.0/16,gateway=10.77.0.9', 'e2e-router')
        demo('router', 'remove', 'subnet', 'e2e-router', 'e2e-renamed')
        demo('router', 'unset', '--external-gateway', 'e2e-router')
        demo('router', 'delete', 'e2e-router')

    def test_05_security_groups(self):
        group = demo_json('security', 'group', 'create', '--description', 'of a test', 'e2e-group')
        # As upstream makes them: everything out, nothing in.
        self.assertEqual({(r['direction'], r['ethertype']) for r in group['rules']},
                         {('egress', 'IPv4'), ('egress', 'IPv6')})
        rule = demo_json('security', 'group', 'rule', 'create', '--protocol', 'tcp', '--dst-port', '80:81', '--remote-ip',
                         '10.0.0.0/8', 'e2e-group')
        self.assertEqual((rule['port_range_min'], rule['port_range_max'], rule['direction']), (80, 81, 'ingress'))
        self.assertIn('409', cli_refused('security', 'group', 'rule', 'create', '--protocol', 'tcp', '--dst-port', '80:81',
                                         '--remote-ip', '10.0.0.0/8', 'e2e-group', cloud='nephele'))
        demo('security', 'group', 'rule', 'create', '--protocol', 'icmp', '--remote-group', 'e2e-group', 'e2e-group')
        self.assertEqual(len(demo_json('security', 'group', 'rule', 'list', 'e2e-group')), 4)
        demo('security', 'group', 'set', '--name', 'e2e-group2', 'e2e-group')
        demo('port', 'set', '--no-security-group', '--security-group', 'e2e-group2', 'e2e-port2')
        self.assertTrue(cli_refused('security', 'group', 'delete', 'e2e-group2', cloud='nephele'))
        demo('port', 'set', '--no-security-group', 'e2e-port2')
        demo('security', 'group', 'rule', 'delete', rule['id'])
        demo('security', 'group', 'delete', 'e2e-group2')

    def test_06_quotas_and_extensions(self):
        # The demo project has its own network and that of this test.
        cli('quota', 'set', '--networks', '2', 'demo')
        try:
            self.assertIn('409', cli_refused('network', 'create', 'too-many', cloud='nephele'))
        finally:
            cli('quota', 'set', '--networks', '100', 'demo')
        self.assertIn('router', [e['Alias'] for e in cli_json('extension', 'list', '--network')])
        self.assertIsNotNone(cli_json('network', 'agent', 'list'))

    def test_07_gone_again(self):
        demo('port', 'delete', 'e2e-port2')
        demo('subnet', 'delete', 'e2e-renamed')
        demo('network', 'delete', 'e2e-net')
        self.assertIn('No Network found', cli_refused('network', 'show', 'e2e-net', cloud='nephele'))
