# SPDX-License-Identifier: Apache-2.0
"""The compute commands of the openstack client, where no look into a guest is needed."""
import os
import subprocess

from support.cloud import CloudTest, STATE, cli, cli_json, cli_refused, wait_for


class Compute(CloudTest):
    def test_01_host(self):
        def services():
            return [s for s in cli_json('compute', 'service', 'list') if s['Binary'] == 'nova-compute']
        up = wait_for('a compute service is up', lambda: [s for s in services() if s['State'] == 'up'], 30)
        hypervisor = cli_json('hypervisor', 'list')
        self.assertEqual(len(hypervisor), 1)
        self.assertEqual(hypervisor[0]['State'], 'up')
        self.assertEqual(hypervisor[0]['Hypervisor Type'], 'QEMU')
        self.assertGreater(cli_json('hypervisor', 'list', '--long')[0]['vCPUs'], 0)
        cli('aggregate', 'create', '--property', 'disk=ssd', 'e2e-aggregate')
        cli('aggregate', 'add', 'host', 'e2e-aggregate', hypervisor[0]['Hypervisor Hostname'])
        shown = cli_json('hypervisor', 'show', hypervisor[0]['Hypervisor Hostname'])
        self.assertEqual((shown['aggregates'], shown['state']), (['e2e-aggregate'], 'up'))
        self.assertEqual(len(shown['load_average'].split(',')), 3)
        cli('aggregate', 'remove', 'host', 'e2e-aggregate', hypervisor[0]['Hypervisor Hostname'])
        cli('aggregate', 'delete', 'e2e-aggregate')
        self.assertIsNotNone(cli_json('hypervisor', 'stats', 'show'))
        zones = cli_json('availability', 'zone', 'list', '--compute')
        self.assertIn(('nova', 'available'), [(z['Zone Name'], z['Zone Status']) for z in zones])
        cli('compute', 'service', 'set', '--disable', '--disable-reason', 'test', up[0]['Host'], 'nova-compute')
        self.assertEqual(services()[0]['Status'], 'disabled')
        cli('compute', 'service', 'set', '--enable', up[0]['Host'], 'nova-compute')
        self.assertEqual(services()[0]['Status'], 'enabled')

    def test_02_flavors(self):
        self.assertLessEqual({'m1.nano', 'm1.micro', 'm1.tiny', 'm1.small', 'm1.medium', 'm1.large'},
                             {f['Name'] for f in cli_json('flavor', 'list', cloud='nephele')})
        flavor = cli_json('flavor', 'create', '--vcpus', '2', '--ram', '256', '--disk', '1', '--private', '--property',
                          'hw:cpu_policy=shared', 'e2e-flavor')
        self.assertEqual((flavor['vcpus'], flavor['ram'], flavor['os-flavor-access:is_public']), (2, 256, False))
        self.assertNotIn('e2e-flavor', cli('flavor', 'list', cloud='nephele'))
        cli('flavor', 'set', '--project', 'demo', 'e2e-flavor')
        self.assertIn('e2e-flavor', cli('flavor', 'list', cloud='nephele'))
        cli('flavor', 'set', '--property', 'quota:cpu_shares=10', 'e2e-flavor')
        self.assertEqual(cli_json('flavor', 'show', 'e2e-flavor')['properties'],
                         {'hw:cpu_policy': 'shared', 'quota:cpu_shares': '10'})
        cli('flavor', 'unset', '--property', 'quota:cpu_shares', '--project', 'demo', 'e2e-flavor')
        self.assertIn('409', cli_refused('flavor', 'create', '--vcpus', '1', '--ram', '64', '--disk', '0', 'e2e-flavor'))
        self.assertIn('403', cli_refused('flavor', 'create', '--vcpus', '1', '--ram', '64', '--disk', '0', 'mine',
                                         cloud='nephele'))
        cli('flavor', 'delete', 'e2e-flavor')

    def test_03_keypairs(self):
        private = cli('keypair', 'create', 'e2e-made', cloud='nephele')
        self.assertIn('PRIVATE KEY', private)
        file = os.path.join(STATE, 'e2e-key')
        subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', file], check=True)
        imported = cli_json('keypair', 'create', '--public-key', file + '.pub', 'e2e-imported', cloud='nephele')
        printed = subprocess.run(['ssh-keygen', '-l', '-E', 'md5', '-f', file + '.pub'], check=True, text=True,
                                 stdout=subprocess.PIPE).stdout
        self.assertIn(imported['fingerprint'], printed)
        self.assertLessEqual({'e2e-made', 'e2e-imported'}, {k['Name'] for k in cli_json('keypair', 'list', cloud='nephele')})
        self.assertIn('409', cli_refused('keypair', 'create', 'e2e-made', cloud='nephele'))
        self.assertNotIn('e2e-made', cli('keypair', 'list'))
        cli('keypair', 'delete', 'e2e-made', 'e2e-imported', cloud='nephele')
        self.assertNotIn('e2e-', cli('keypair', 'list', cloud='nephele'))

    def test_04_quotas_and_limits(self):
        cli('quota', 'set', '--instances', '3', '--cores', '7', 'demo')
        limits = {line['Name']: line['Value'] for line in cli_json('limits', 'show', '--absolute', cloud='nephele')}
        self.assertEqual((limits['maxTotalInstances'], limits['maxTotalCores'], limits['totalInstancesUsed']), (3, 7, 0))
        cli('quota', 'set', '--instances', '10', '--cores', '20', 'demo')

    def test_05_no_valid_host_says_why(self):
        cli('flavor', 'create', '--vcpus', '1', '--ram', '45000', '--disk', '1', 'e2e-huge')
        server = cli_json('server', 'create', '--flavor', 'e2e-huge', '--image', 'nephele-guest', '--network', 'private',
                          'e2e-too-big', cloud='nephele')['id']

        def shown():
            return cli_json('server', 'show', server, cloud='nephele')
        wait_for('the server is in ERROR', lambda: shown()['status'] == 'ERROR', 30)
        self.assertIn('No valid host', shown()['fault']['message'])
        cli('server', 'delete', '--wait', server, cloud='nephele')
        cli('flavor', 'delete', 'e2e-huge')

    def test_06_versions(self):
        shown = cli_json('versions', 'show', '--service', 'compute')
        self.assertEqual({entry['Status'] for entry in shown}, {'CURRENT', 'SUPPORTED'})

    def test_07_servers_that_cannot_be(self):
        self.assertTrue(cli_refused('server', 'create', '--flavor', 'm1.nano', '--image', 'absent', 'no', cloud='nephele'))
        self.assertIn('400', cli_refused('server', 'create', '--flavor', 'm1.nano', '--image', 'nephele-guest', '--network',
                                         'private', '--availability-zone', 'nowhere', 'no', cloud='nephele'))
        self.assertRegex(cli_refused('server', 'show', 'absent', cloud='nephele'), '(?i)no server')
        self.assertEqual(cli_json('server', 'list', '--all-projects', '--name', '^no$'), [])

    def test_08_server_groups_and_usage(self):
        group = cli_json('server', 'group', 'create', '--policy', 'anti-affinity', 'e2e-group', cloud='nephele')
        self.assertEqual((group['name'], group['policy']), ('e2e-group', 'anti-affinity'))
        self.assertIn('e2e-group', cli('server', 'group', 'list', cloud='nephele'))
        self.assertEqual(cli_json('server', 'group', 'show', 'e2e-group', cloud='nephele')['members'], [])
        cli('server', 'group', 'delete', 'e2e-group', cloud='nephele')
        self.assertIsInstance(cli_json('usage', 'list'), list)
        self.assertIsNotNone(cli_json('usage', 'show', '--project', 'demo'))

    def test_09_actions_on_a_server(self):
        """Those that do not look into the guest; the old API's proxies with a client of its time."""
        server = cli_json('server', 'create', '--flavor', 'm1.nano', '--image', 'nephele-guest', '--network', 'private', '--wait',
                          'e2e-actions', cloud='nephele')['id']
        try:
            self._act_on(server)
        finally:
            cli('server', 'delete', '--wait', server)

    def _act_on(self, server):
        old, new = ('--os-compute-api-version', '2.35'), ('--os-compute-api-version', '2.73')

        def shown():
            return cli_json(*new, 'server', 'show', server, cloud='nephele')

        def groups():
            return sorted({g['name'] for g in shown()['security_groups']})
        cli(*new, 'server', 'lock', '--reason', 'mine', server, cloud='nephele')
        self.assertEqual((shown()['locked'], shown()['locked_reason']), (True, 'mine'))
        cli('server', 'unlock', server, cloud='nephele')
        cli('security', 'group', 'create', 'e2e-more', cloud='nephele')
        cli(*old, 'server', 'add', 'security', 'group', server, 'e2e-more', cloud='nephele')
        self.assertEqual(groups(), ['default', 'e2e-more'])
        cli(*old, 'server', 'remove', 'security', 'group', server, 'e2e-more', cloud='nephele')
        self.assertEqual(groups(), ['default'])
        cli('security', 'group', 'delete', 'e2e-more', cloud='nephele')
        for refused in ('unrescue', 'restore'):  # The client itself leaves alone what is not shelved.
            self.assertIn('409', cli_refused('server', refused, server, cloud='nephele'))
        self.assertIn('lock', [e['Action'] for e in cli_json('server', 'event', 'list', server, cloud='nephele')])
        self.assertEqual(cli_json('server', 'volume', 'list', server, cloud='nephele'), [])
        self.assertTrue(cli('server', 'show', '--diagnostics', server))
        cli('server', 'set', '--state', 'error', server)
        self.assertEqual(shown()['status'], 'ERROR')
        cli('server', 'set', '--state', 'active', server)
