# SPDX-License-Identifier: Apache-2.0
"""Federated logins of the unmodified client and of a browser, at a real identity provider (LemonLDAP::NG)."""
import base64
import html
import json
import re
import unittest
import urllib.error
import urllib.parse
import urllib.request

from support.apache import Front
from support.browser import Browser, NoRedirect
from support.lemonldap import Lemonldap, free_port
from support.private import PrivateNephele

PROTOCOL = '/v3/auth/OS-FEDERATION/identity_providers/lemon/protocols/openid'
ORIGIN = 'https://dash.example/auth/websso/'
RULES = [
    {'local': [{'user': {'name': '{0}', 'email': '{1}'}}, {'groups': '{2}', 'domain': {'name': 'Default'}}],
     'remote': [{'type': 'OIDC-sub'}, {'type': 'OIDC-email'}, {'type': 'OIDC-groups', 'whitelist': ['timelords']}]},
    {'local': [{'user': {'name': 'robot {0}'}}, {'group': {'name': 'timelords', 'domain': {'name': 'Default'}}}],
     'remote': [{'type': 'OIDC-client_id', 'any_one_of': ['robot']}, {'type': 'OIDC-sub'}]},
]


class Federation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        port = free_port()
        cls.back = f'http://127.0.0.1:{port}/identity{PROTOCOL}/openid'
        cls.idp = Lemonldap({'nephele': {'secret': 'own-secret', 'redirects': [cls.back]},
                             'cli': {'secret': 'cli-secret'}, 'robot': {'secret': 'robot-secret'},
                             'stranger': {'secret': 'other-secret'}})
        try:
            sources = {'providers': [{'identity_provider': 'lemon', 'protocol': 'openid', 'openid': {
                'issuer': cls.idp.issuer, 'client_id': 'nephele', 'client_secret': 'own-secret',
                'accepted_clients': ['nephele', 'cli', 'robot']}}]}
            cls.cloud = PrivateNephele(port, ['keystone.federation_providers_file="{folder}/sources.yaml"',
                                              f'keystone.trusted_dashboards=["{ORIGIN}"]'],
                                       {'sources.yaml': json.dumps(sources), 'rules.json': json.dumps(RULES)})
        except BaseException:
            cls.idp.stop()
            raise
        cls.prepare()

    @classmethod
    def prepare(cls):
        run = cls.cloud.openstack
        run('identity', 'provider', 'create', '--enable', '--remote-id', cls.idp.issuer, 'lemon')
        run('mapping', 'create', '--rules', cls.cloud.folder + '/rules.json', 'lemon')
        run('federation', 'protocol', 'create', '--identity-provider', 'lemon', '--mapping', 'lemon', 'openid')
        run('group', 'create', 'timelords')
        run('project', 'create', 'tardis')
        run('role', 'add', '--group', 'timelords', '--project', 'tardis', 'member')

    @classmethod
    def tearDownClass(cls):
        cls.cloud.stop()
        cls.idp.stop()

    def who(self, kind, **more):
        return {'OS_AUTH_TYPE': kind, 'OS_IDENTITY_PROVIDER': 'lemon', 'OS_PROTOCOL': 'openid',
                'OS_PROJECT_NAME': 'tardis', 'OS_PROJECT_DOMAIN_NAME': 'Default', **more}

    def by_password(self, user, client='cli', secret='cli-secret', password=None):
        return self.who('v3oidcpassword', OS_CLIENT_ID=client, OS_CLIENT_SECRET=secret, OS_USERNAME=user,
                        OS_PASSWORD=password or user, OS_OPENID_SCOPE='openid profile email',
                        OS_DISCOVERY_ENDPOINT=self.idp.url + '.well-known/openid-configuration')

    def access_token(self, client, secret, **form):
        credentials = base64.b64encode(f'{client}:{secret}'.encode()).decode()
        request = urllib.request.Request(self.idp.metadata['token_endpoint'],
                                         urllib.parse.urlencode({'scope': 'openid profile email', **form}).encode(),
                                         {'Authorization': 'Basic ' + credentials})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)['access_token']

    def test_01_by_password(self):
        token = self.cloud.openstack_json('token', 'issue', **self.by_password('dwho'))
        shown = self.cloud.openstack_json('user', 'show', token['user_id'])
        self.assertEqual((shown['name'], shown['email']), ('dwho', 'dwho@badwolf.org'))
        self.assertEqual(token['project_id'], self.cloud.openstack_json('project', 'show', 'tardis')['id'])
        again = self.cloud.openstack_json('token', 'issue', **self.by_password('dwho'))
        self.assertEqual(again['user_id'], token['user_id'])
        self.assertIn('tardis', self.cloud.openstack('federation', 'project', 'list', **self.by_password('dwho')))

    def test_02_without_the_group_there_is_no_project(self):
        self.assertIn('401', self.cloud.openstack('token', 'issue', check=False, **self.by_password('rtyler')))

    def test_03_wrong_password(self):
        self.cloud.openstack('token', 'issue', check=False, **self.by_password('dwho', password='wrong'))

    def test_04_by_client_credentials(self):
        who = self.who('v3oidcclientcredentials', OS_CLIENT_ID='robot', OS_CLIENT_SECRET='robot-secret',
                       OS_OPENID_SCOPE='openid profile',
                       OS_DISCOVERY_ENDPOINT=self.idp.url + '.well-known/openid-configuration')
        token = self.cloud.openstack_json('token', 'issue', **who)
        self.assertEqual(self.cloud.openstack_json('user', 'show', token['user_id'])['name'], 'robot robot')

    def test_05_by_access_token(self):
        token = self.access_token('cli', 'cli-secret', grant_type='password', username='dwho', password='dwho')
        issued = self.cloud.openstack_json('token', 'issue', **self.who('v3oidcaccesstoken', OS_ACCESS_TOKEN=token))
        self.assertTrue(issued['id'])

    def test_06_an_access_token_for_somebody_else(self):
        foreign = self.access_token('stranger', 'other-secret', grant_type='password', username='dwho',
                                    password='dwho')
        for token in (foreign, 'made-up', foreign[:-1] + ('0' if foreign[-1] != '0' else '1')):
            refused = self.cloud.openstack('token', 'issue', check=False,
                                           **self.who('v3oidcaccesstoken', OS_ACCESS_TOKEN=token))
            self.assertIn('401', refused)

    def to_the_provider(self, browser):
        """From the dashboard's link to the address at the provider that the browser is sent to."""
        query = urllib.parse.urlencode({'origin': ORIGIN})
        status, headers, _ = browser.get(f'{self.cloud.url}/identity{PROTOCOL}/websso?{query}')
        self.assertEqual(status, 302)
        self.assertIn('HttpOnly', headers['Set-Cookie'])
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(headers['Location']).query))
        self.assertEqual((asked['response_type'], asked['code_challenge_method'], asked['redirect_uri']),
                         ('code', 'S256', self.back))
        return headers['Location']

    def log_in_there(self, browser, location):
        """Fills the provider's form; returns where it sends the browser back to."""
        status, headers, page = browser.get(location)
        if status == 200:
            fields = dict(re.findall(r'<input type="hidden" name="(\w+)"[^>]* value="([^"]*)"', page))
            fields = {name: html.unescape(value) for name, value in fields.items()}
            fields.update({'user': 'dwho', 'password': 'dwho'})
            status, headers, page = browser.get(location, fields)
        for _ in range(5):
            if status in (302, 303) and headers['Location'].startswith(self.back):
                return headers['Location']
            if status not in (302, 303):
                break
            status, headers, page = browser.get(headers['Location'])
        self.fail(f'the provider does not send the browser back: {status} {page[:2000]}')

    def test_07_a_browser_from_a_dashboard_and_back(self):
        browser = Browser()
        back = self.log_in_there(browser, self.to_the_provider(browser))
        status, headers, page = browser.get(back)
        self.assertEqual(status, 200, page)
        self.assertIn(f'action="{ORIGIN}"', page)
        self.assertIn('no-store', headers['Cache-Control'])
        token = re.search(r'name="token"[^>]* value="([^"]+)"', page).group(1)
        shown = self.cloud.openstack('federation', 'project', 'list', OS_AUTH_TYPE='v3token', OS_TOKEN=token)
        self.assertIn('tardis', shown)
        # The code is good for once.
        self.assertEqual(browser.get(back)[0], 401)

    def test_08_an_answer_belongs_to_its_browser(self):
        browser, victim = Browser(), Browser()
        back = self.log_in_there(browser, self.to_the_provider(browser))
        self.assertEqual(victim.get(back)[0], 401)  # no login begun there
        self.to_the_provider(victim)
        self.assertEqual(victim.get(back)[0], 401)  # begun, but another one
        self.assertEqual(browser.get(self.back + '?error=access_denied&state=x')[0], 401)
        self.assertEqual(browser.get(back)[0], 200)

    def test_09_disabled_and_gone(self):
        token = self.cloud.openstack_json('token', 'issue', **self.by_password('dwho'))['id']
        bearer = {'OS_AUTH_TYPE': 'v3token', 'OS_TOKEN': token}
        self.assertIn('tardis', self.cloud.openstack('federation', 'project', 'list', **bearer))
        self.cloud.openstack('identity', 'provider', 'set', '--disable', 'lemon')
        self.cloud.openstack('federation', 'project', 'list', check=False, **bearer)
        self.assertIn('403', self.cloud.openstack('token', 'issue', check=False, **self.by_password('dwho')))
        self.cloud.openstack('identity', 'provider', 'set', '--enable', 'lemon')
        self.cloud.openstack('federation', 'project', 'list', check=False, **bearer)
        self.cloud.openstack_json('token', 'issue', **self.by_password('dwho'))


class BehindApache(unittest.TestCase):
    """mod_auth_openidc in front does the login; the program believes it, and nobody else who sends the same."""
    AUTH = '/identity/v3/OS-FEDERATION/identity_providers/front/protocols/openid/auth'

    @classmethod
    def setUpClass(cls):
        cls.running = []
        try:
            cls.idp = Lemonldap({'front': {'secret': 'front-secret'}, 'cli': {'secret': 'cli-secret'}})
            cls.running.append(cls.idp)
            rules = [{'local': [{'user': {'name': '{0}'}}, {'group': {'name': 'users', 'domain': {'name': 'Default'}}}],
                      'remote': [{'type': 'REMOTE_USER'}]},
                     {'local': [{'user': {'name': '{0}'}}, {'group': {'name': 'users', 'domain': {'name': 'Default'}}}],
                      'remote': [{'type': 'HTTP_OIDC_SUB'}]}]
            cls.cloud = PrivateNephele(free_port(), ['keystone.federation_front_secret="hush-hush"',
                                                     'keystone.federation_front_addresses=["127.0.0.1"]',
                                                     'keystone.remote_id_attribute="HTTP_OIDC_ISS"'],
                                       {'rules.json': json.dumps(rules)})
            cls.running.append(cls.cloud)
            cls.front = Front(cls.idp, 'front', 'front-secret', cls.cloud.url, cls.AUTH, 'hush-hush')
            cls.running.append(cls.front)
        except BaseException:
            cls.tearDownClass()
            raise
        run = cls.cloud.openstack
        run('identity', 'provider', 'create', '--enable', '--remote-id', cls.idp.issuer, 'front')
        run('mapping', 'create', '--rules', cls.cloud.folder + '/rules.json', 'front')
        run('federation', 'protocol', 'create', '--identity-provider', 'front', '--mapping', 'front', 'openid')
        run('group', 'create', 'users')
        run('project', 'create', 'tardis')
        run('role', 'add', '--group', 'users', '--project', 'tardis', 'member')

    @classmethod
    def tearDownClass(cls):
        for one in reversed(cls.running):
            one.stop()

    def who(self, **more):
        return {'OS_AUTH_TYPE': 'v3oidcpassword', 'OS_IDENTITY_PROVIDER': 'front', 'OS_PROTOCOL': 'openid',
                'OS_PROJECT_NAME': 'tardis', 'OS_PROJECT_DOMAIN_NAME': 'Default', 'OS_CLIENT_ID': 'cli',
                'OS_CLIENT_SECRET': 'cli-secret', 'OS_USERNAME': 'rtyler', 'OS_PASSWORD': 'rtyler',
                'OS_OPENID_SCOPE': 'openid profile email',
                'OS_DISCOVERY_ENDPOINT': self.idp.url + '.well-known/openid-configuration', **more}

    def test_01_through_the_front(self):
        token = self.cloud.openstack_json('token', 'issue', **self.who(OS_AUTH_URL=self.front.url + '/identity/v3'))
        self.assertEqual(self.cloud.openstack_json('user', 'show', token['user_id'])['name'], 'rtyler')

    def test_02_not_beside_it(self):
        self.assertIn('401', self.cloud.openstack('token', 'issue', check=False, **self.who()))
        said = {'OIDC-sub': 'rtyler', 'OIDC-iss': self.idp.issuer, 'X-Remote-User': 'rtyler'}
        for url, more in ((self.cloud.url, {}), (self.cloud.url, {'X-Federation-Secret': 'guess'}),
                          (self.front.url, {'X-Federation-Secret': 'hush-hush'}),
                          (self.front.url, {'Authorization': 'Bearer made-up'})):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                request = urllib.request.Request(url + self.AUTH, headers={**said, **more})
                urllib.request.build_opener(NoRedirect).open(request, timeout=60)
            with refused.exception as answer:
                self.assertIn(answer.status, (401, 302))
                self.assertNotIn('X-Subject-Token', answer.headers)


if __name__ == '__main__':
    unittest.main()
