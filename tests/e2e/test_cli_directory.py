# SPDX-License-Identifier: Apache-2.0
"""The identity commands of the openstack client about the directory and what is derived from users: limits, endpoint
groups, policies, implied and inherited roles, trusts, application credentials, EC2 keys, consumers; the same by openstacksdk.

It needs no engines: any `nephele serve` with clouds `nephele-admin` and `nephele` in NEPHELE_CLOUDS will do.
"""
import json
import os
import tempfile

from support.cloud import CloudTest, cli, cli_json, cli_refused, connect


def file_with(text):
    with tempfile.NamedTemporaryFile('w', delete=False) as file:
        file.write(text)
    return file.name


class Directory(CloudTest):
    needed = ('test_01',)

    def test_01_things_to_work_on(self):
        cli('service', 'create', '--name', 'dir-service', 'dir-type')
        cli('endpoint', 'create', '--region', 'RegionOne', 'dir-service', 'public', 'http://127.0.0.1:1/')
        cli('project', 'create', 'dir-project')
        cli('user', 'create', '--password', 'dir-pass', 'dir-user')
        cli('role', 'add', '--user', 'dir-user', '--project', 'dir-project', 'member')

    def test_02_limits(self):
        made = cli_json('registered', 'limit', 'create', '--service', 'dir-service', '--region', 'RegionOne', '--default-limit',
                        '10', 'dir-cores')
        cli('registered', 'limit', 'set', '--default-limit', '12', made['id'])
        self.assertEqual(cli_json('registered', 'limit', 'show', made['id'])['default_limit'], 12)
        limit = cli_json('limit', 'create', '--project', 'dir-project', '--service', 'dir-service', '--region', 'RegionOne',
                         '--resource-limit', '5', 'dir-cores')
        cli('limit', 'set', '--resource-limit', '6', limit['id'])
        self.assertEqual(cli_json('limit', 'show', limit['id'])['resource_limit'], 6)
        self.assertIn('403', cli_refused('registered', 'limit', 'delete', made['id']))
        self.assertIn('409', cli_refused('registered', 'limit', 'create', '--service', 'dir-service', '--region', 'RegionOne',
                                         '--default-limit', '10', 'dir-cores'))
        sdk = connect('nephele-admin')
        self.assertEqual([one.resource_name for one in sdk.identity.registered_limits(resource_name='dir-cores')],
                         ['dir-cores'])
        self.assertEqual(sdk.identity.get_limit(limit['id']).resource_limit, 6)
        cli('limit', 'list')
        cli('limit', 'delete', limit['id'])
        self.assertIn(made['id'], [one['ID'] for one in cli_json('registered', 'limit', 'list')])
        cli('registered', 'limit', 'delete', made['id'])

    def test_03_endpoint_groups(self):
        filters = file_with('{"interface": "public"}')
        group = cli_json('endpoint', 'group', 'create', 'dir-publics', filters)
        cli('endpoint', 'group', 'set', '--name', 'dir-renamed', group['id'])
        self.assertEqual(cli_json('endpoint', 'group', 'show', 'dir-renamed')['filters'], {'interface': 'public'})
        cli('endpoint', 'group', 'add', 'project', 'dir-renamed', 'dir-project')
        self.assertEqual([one['Name'] for one in cli_json('endpoint', 'group', 'list', '--project', 'dir-project')],
                         ['dir-renamed'])
        self.assertIn('dir-project', cli('endpoint', 'group', 'list', '--endpointgroup', 'dir-renamed'))
        cli('endpoint', 'group', 'remove', 'project', 'dir-renamed', 'dir-project')
        cli('endpoint', 'group', 'delete', 'dir-renamed')
        endpoint = cli_json('endpoint', 'list', '--service', 'dir-type')[0]['ID']
        cli('endpoint', 'add', 'project', endpoint, 'dir-project')
        self.assertEqual([one['ID'] for one in cli_json('endpoint', 'list', '--project', 'dir-project')], [endpoint])
        cli('endpoint', 'remove', 'project', endpoint, 'dir-project')
        os.unlink(filters)

    def test_04_policies(self):
        rules = file_with('{"rule": "@"}')
        policy = cli_json('policy', 'create', '--type', 'application/json', rules)
        self.assertEqual(json.loads(policy['rules']), {'rule': '@'})
        cli('policy', 'set', '--type', 'text/plain', policy['id'])
        self.assertEqual(cli_json('policy', 'show', policy['id'])['type'], 'text/plain')
        self.assertIn(policy['id'], [one['ID'] for one in cli_json('policy', 'list')])
        cli('policy', 'delete', policy['id'])
        os.unlink(rules)

    def test_05_roles_implied_inherited_of_domains(self):
        cli('role', 'create', 'dir-boss')
        cli('role', 'create', 'dir-helper')
        cli('implied', 'role', 'create', '--implied-role', 'dir-helper', 'dir-boss')
        self.assertIn(('dir-boss', 'dir-helper'), [(one['Prior Role Name'], one['Implied Role Name'])
                                                  for one in cli_json('implied', 'role', 'list')])
        below = cli_json('project', 'create', '--parent', 'dir-project', 'dir-below')
        cli('role', 'add', '--inherited', '--user', 'dir-user', '--project', 'dir-project', 'dir-boss')
        effective = cli_json('role', 'assignment', 'list', '--effective', '--names', '--user', 'dir-user', '--project',
                             'dir-below')
        self.assertEqual({one['Role'] for one in effective}, {'dir-boss', 'dir-helper'})
        inherited = cli_json('role', 'assignment', 'list', '--inherited', '--user', 'dir-user')
        self.assertEqual(len(inherited), 1)
        cli('implied', 'role', 'delete', '--implied-role', 'dir-helper', 'dir-boss')
        cli('project', 'delete', below['id'])
        cli('role', 'delete', 'dir-boss', 'dir-helper')
        cli('role', 'create', '--domain', 'default', 'dir-own')
        self.assertEqual([one['Name'] for one in cli_json('role', 'list', '--domain', 'default')], ['dir-own'])
        cli('role', 'set', '--domain', 'default', '--name', 'dir-mine', 'dir-own')
        cli('role', 'delete', '--domain', 'default', 'dir-mine')
        cli('role', 'create', '--immutable', 'dir-fixed')
        self.assertIn('403', cli_refused('role', 'delete', 'dir-fixed'))
        cli('role', 'set', '--no-immutable', 'dir-fixed')
        cli('role', 'delete', 'dir-fixed')

    def test_06_keys_and_credentials(self):
        key = cli_json('ec2', 'credentials', 'create')
        self.assertIn(key['access'], [one['Access'] for one in cli_json('ec2', 'credentials', 'list')])
        self.assertEqual(cli_json('ec2', 'credentials', 'show', key['access'])['secret'], key['secret'])
        cli('ec2', 'credentials', 'delete', key['access'])
        made = cli_json('credential', 'create', '--type', 'cert', 'dir-user', 'the blob')
        cli('credential', 'set', '--type', 'cert', '--user', 'dir-user', '--data', 'another', made['id'])
        self.assertEqual(cli_json('credential', 'show', made['id'])['blob'], 'another')
        cli('credential', 'delete', made['id'])

    def test_07_application_credentials(self):
        rules = '[{"path": "/v2.1/servers", "method": "GET", "service": "compute"}]'
        made = cli_json('application', 'credential', 'create', '--access-rules', rules, 'dir-credential')
        self.assertTrue(made['secret'])
        self.assertEqual(cli_json('application', 'credential', 'show', 'dir-credential')['id'], made['id'])
        rule = cli_json('access', 'rule', 'list')[0]
        self.assertEqual(cli_json('access', 'rule', 'show', rule['ID'])['method'], 'GET')
        self.assertIn('403', cli_refused('access', 'rule', 'delete', rule['ID']))
        cli('application', 'credential', 'delete', 'dir-credential')
        cli('access', 'rule', 'delete', rule['ID'])

    def test_08_trusts(self):
        made = cli_json('trust', 'create', '--project', 'admin', '--role', 'member', 'admin', 'dir-user')
        self.assertIn(made['id'], [one['ID'] for one in cli_json('trust', 'list')])
        self.assertFalse(cli_json('trust', 'show', made['id'])['impersonation'])
        cli('trust', 'delete', made['id'])

    def test_09_consumers(self):
        made = cli_json('consumer', 'create', '--description', 'first')
        cli('consumer', 'set', '--description', 'second', made['id'])
        self.assertEqual(cli_json('consumer', 'show', made['id'])['description'], 'second')
        token = cli_json('request', 'token', 'create', '--consumer-key', made['id'], '--consumer-secret', made['secret'],
                         '--project', 'admin')
        self.assertTrue(token['secret'])
        cli('request', 'token', 'authorize', '--request-key', token['id'], '--role', 'member')
        self.assertIn(made['id'], [one['ID'] for one in cli_json('consumer', 'list')])
        cli('consumer', 'delete', made['id'])

    def test_10_gone_again(self):
        cli('user', 'delete', 'dir-user')
        cli('project', 'delete', 'dir-project')
        cli('service', 'delete', 'dir-service')
        self.assertNotIn('dir-project', cli('project', 'list'))
