# SPDX-License-Identifier: Apache-2.0
"""The identity commands of the openstack client."""
from support.cloud import CloudTest, cli, cli_json, cli_refused, log_in, openstack, openstack_json, up_again


class Identity(CloudTest):
    def test_01_token_and_catalog(self):
        token = openstack_json('token', 'issue')
        self.assertTrue(token['id'])
        types = {entry['Type'] for entry in cli_json('catalog', 'list')}
        self.assertLessEqual({'identity', 'compute', 'image', 'network', 'placement'}, types)
        endpoints = cli_json('endpoint', 'list', '--interface', 'public')
        self.assertEqual(len(endpoints), len({endpoint['Service Type'] for endpoint in endpoints}))
        self.assertEqual(cli_json('catalog', 'show', 'network')['type'], 'network')
        self.assertIn('RegionOne', [region['Region'] for region in cli_json('region', 'list')])

    def test_02_starter_content_once(self):
        again = up_again()
        self.assertIn('running already', again)
        self.assertIn('there already', again)
        self.assertNotRegex(again, r'  made\b')
        self.assertLessEqual({'admin', 'manager', 'member', 'reader', 'service'},
                             {role['Name'] for role in cli_json('role', 'list')})
        self.assertLessEqual({'admin', 'demo', 'service'}, {p['Name'] for p in cli_json('project', 'list')})

    def test_03_projects(self):
        project = cli_json('project', 'create', '--description', 'of a test', '--tag', 'blue', 'e2e-project')
        self.assertEqual((project['name'], project['domain_id'], project['enabled']), ('e2e-project', 'default', True))
        cli('project', 'set', '--name', 'e2e-renamed', '--disable', project['id'])
        shown = cli_json('project', 'show', 'e2e-renamed')
        self.assertEqual((shown['id'], shown['enabled'], shown['tags']), (project['id'], False, ['blue']))
        self.assertIn('e2e-renamed', [p['Name'] for p in cli_json('project', 'list', '--tags', 'blue')])
        self.assertIn('409', cli_refused('project', 'create', 'e2e-renamed'))
        self.assertEqual(cli_json('project', 'create', '--or-show', 'e2e-renamed')['id'], project['id'])
        cli('project', 'delete', 'e2e-renamed')
        self.assertIn('No project', cli_refused('project', 'show', 'e2e-renamed'))

    def test_04_users_groups_roles(self):
        project = cli_json('project', 'create', 'e2e-team')
        user = cli_json('user', 'create', '--password', 'first-pass', '--email', 'a@example.org', '--project', 'e2e-team',
                        'e2e-user')
        self.assertEqual((user['email'], user['default_project_id']), ('a@example.org', project['id']))
        group = cli_json('group', 'create', 'e2e-group')
        cli('group', 'add', 'user', 'e2e-group', 'e2e-user')
        self.assertIn('in group', cli('group', 'contains', 'user', 'e2e-group', 'e2e-user'))
        cli('role', 'create', 'e2e-role')
        cli('role', 'add', '--user', 'e2e-user', '--project', 'e2e-team', 'member')
        cli('role', 'add', '--group', 'e2e-group', '--project', 'e2e-team', 'e2e-role')
        named = cli_json('role', 'assignment', 'list', '--names', '--project', 'e2e-team')
        self.assertEqual({(a['Role'], a['User'], a['Group']) for a in named},
                         {('member', 'e2e-user@Default', ''), ('e2e-role', '', 'e2e-group@Default')})
        effective = cli_json('role', 'assignment', 'list', '--names', '--effective', '--user', 'e2e-user', '--project',
                             'e2e-team')
        self.assertEqual({a['Role'] for a in effective}, {'member', 'reader', 'e2e-role'})
        cli('role', 'remove', '--group', 'e2e-group', '--project', 'e2e-team', 'e2e-role')
        cli('group', 'remove', 'user', 'e2e-group', 'e2e-user')
        cli('group', 'delete', group['id'])
        cli('role', 'delete', 'e2e-role')

    def test_05_log_in_and_change_password(self):
        def works(password):
            return log_in(username='e2e-user', password=password, project_name='e2e-team', project_domain_name='Default')
        works('first-pass')
        cli('user', 'set', '--password', 'second-pass', 'e2e-user')
        with self.assertRaisesRegex(Exception, '401'):
            works('first-pass')
        works('second-pass')
        cli('user', 'set', '--disable', 'e2e-user')
        with self.assertRaisesRegex(Exception, '401'):
            works('second-pass')
        self.assertFalse(cli_json('user', 'show', 'e2e-user')['enabled'])

    def test_06_a_member_may_not(self):
        self.assertIn('403', cli_refused('user', 'create', 'intruder', cloud='nephele'))
        self.assertIn('403', cli_refused('project', 'list', '--long', '--domain', 'default', cloud='nephele'))

    def test_07_domains_services_endpoints(self):
        cli('domain', 'create', '--description', 'of a test', 'e2e-domain')
        cli('project', 'create', '--domain', 'e2e-domain', 'inside')
        self.assertEqual([p['Name'] for p in cli_json('project', 'list', '--domain', 'e2e-domain')], ['inside'])
        self.assertTrue(cli_refused('domain', 'delete', 'e2e-domain'))
        cli('domain', 'set', '--disable', 'e2e-domain')
        cli('domain', 'delete', 'e2e-domain')
        service = cli_json('service', 'create', '--name', 'e2e-service', 'e2e-type')
        cli('region', 'create', 'RegionTwo')
        endpoint = cli_json('endpoint', 'create', '--region', 'RegionTwo', 'e2e-type', 'public', 'http://127.0.0.1:1/x')
        cli('endpoint', 'set', '--url', 'http://127.0.0.1:2/y', endpoint['id'])
        self.assertEqual(cli_json('endpoint', 'show', endpoint['id'])['url'], 'http://127.0.0.1:2/y')
        cli('endpoint', 'delete', endpoint['id'])
        cli('region', 'delete', 'RegionTwo')
        cli('service', 'delete', service['id'])

    def test_08_revoked_token(self):
        token = openstack('token', 'issue', '-f', 'value', '-c', 'id')
        cli('token', 'revoke', token)
        self.assertTrue(cli_refused('token', 'revoke', token))

    def test_09_gone_again(self):
        cli('user', 'delete', 'e2e-user')
        cli('project', 'delete', 'e2e-team')
        self.assertNotIn('e2e-user', cli('user', 'list'))
