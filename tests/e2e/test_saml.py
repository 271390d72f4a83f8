# SPDX-License-Identifier: Apache-2.0
"""SAML logins without a web server in front: a browser at a real identity provider (LemonLDAP::NG), and the unmodified client
at another Nephele (K2K) and by ECP."""
import base64
import html
import http.server
import json
import os
import re
import shutil
import tempfile
import threading
import unittest
import urllib.error
import urllib.parse
import urllib.request

from keystoneauth1 import session
from keystoneauth1.identity import v3

from support.browser import Browser
from support.lemonldap import Lemonldap, certificate, free_port
from support.private import PrivateNephele

ORIGIN = 'https://dash.example/auth/websso/'


def protocol_path(provider):
    return f'/v3/auth/OS-FEDERATION/identity_providers/{provider}/protocols/saml2'


class Folder:
    """Files for programs to read."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix='nephele-saml-')

    def write(self, name, text):
        with open(os.path.join(self.path, name), 'w') as file:
            file.write(text)
        return os.path.join(self.path, name)

    def stop(self):
        shutil.rmtree(self.path, ignore_errors=True)


def prepare(cloud, provider, remote_id, rules):
    run = cloud.openstack
    with open(os.path.join(cloud.folder, 'rules.json'), 'w') as file:
        json.dump(rules, file)
    run('identity', 'provider', 'create', '--enable', '--remote-id', remote_id, provider)
    run('mapping', 'create', '--rules', cloud.folder + '/rules.json', provider)
    run('federation', 'protocol', 'create', '--identity-provider', provider, '--mapping', provider, 'saml2')
    run('group', 'create', 'timelords')
    run('project', 'create', 'tardis')
    run('role', 'add', '--group', 'timelords', '--project', 'tardis', 'member')


class Saml(unittest.TestCase):
    """Both sides know each other by their metadata alone."""

    @classmethod
    def setUpClass(cls):
        cls.running = [Folder()]
        try:
            cls.start()
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def start(cls):
        folder, port, idp_port = cls.running[0], free_port(), free_port()
        key, own = certificate('nephele')
        us = {'entity_id': 'https://nephele.example/sp', 'key_file': folder.write('key', key),
              'certificate_file': folder.write('certificate', own)}
        guess = {**us, 'issuer': 'unknown yet', 'certificate_files': [us['certificate_file']]}
        first = PrivateNephele(port, [cls.setting(folder, guess)])
        try:
            with urllib.request.urlopen(f'{first.url}/identity{protocol_path("lemon")}/saml2/metadata') as answer:
                metadata = answer.read().decode()
        finally:
            first.stop()
        cls.idp = Lemonldap({}, {'nephele': metadata}, idp_port)
        cls.running.append(cls.idp)
        with urllib.request.urlopen(cls.idp.url + 'saml/metadata') as answer:
            us['metadata_file'] = folder.write('idp.xml', answer.read().decode())
        cls.cloud = PrivateNephele(port, [cls.setting(folder, us), f'keystone.trusted_dashboards=["{ORIGIN}"]'])
        cls.running.append(cls.cloud)
        prepare(cls.cloud, 'lemon', cls.idp.url + 'saml/metadata', [
            {'local': [{'user': {'name': '{0}', 'email': '{1}'}}, {'groups': '{2}', 'domain': {'name': 'Default'}}],
             'remote': [{'type': 'uid'}, {'type': 'mail'}, {'type': 'groups', 'whitelist': ['timelords']}]}])

    @staticmethod
    def setting(folder, saml):
        path = folder.write('sources.yaml', json.dumps(
            {'providers': [{'identity_provider': 'lemon', 'protocol': 'saml2', 'saml': saml}]}))
        return f'keystone.federation_providers_file="{path}"'

    @classmethod
    def tearDownClass(cls):
        for one in reversed(cls.running):
            one.stop()

    def begin(self, browser):
        query = urllib.parse.urlencode({'origin': ORIGIN})
        status, headers, _ = browser.get(f'{self.cloud.url}/identity{protocol_path("lemon")}/websso?{query}')
        self.assertEqual(status, 302)
        self.assertTrue(headers['Location'].startswith(self.idp.url + 'saml/singleSignOn?SAMLRequest='))
        self.assertIn('&Signature=', headers['Location'])
        return headers['Location']

    @staticmethod
    def fields(page):
        found = {}
        for one in re.findall(r'<input\b[^>]*type="hidden"[^>]*>', page):
            name, value = re.search(r'name="([^"]*)"', one), re.search(r'value="([^"]*)"', one)
            if name:
                found[name.group(1)] = html.unescape(value.group(1)) if value else ''
        return found

    def log_in_there(self, browser, location, user='dwho'):
        """Fills the provider's form; returns where its page posts the answer to, and the form."""
        status, headers, page = browser.get(location)
        for _ in range(6):
            if status in (302, 303):
                status, headers, page = browser.get(urllib.parse.urljoin(location, headers['Location']))
                continue
            fields = self.fields(page)
            if 'SAMLResponse' in fields:
                return re.search(r'<form[^>]*action="([^"]+/saml2/acs)"', page).group(1), fields
            status, headers, page = browser.get(location, {**fields, 'user': user, 'password': user})
        self.fail(f'the provider does not answer: {status} {page[:3000]}')

    def test_01_a_browser_from_a_dashboard_and_back(self):
        browser = Browser()
        acs, form = self.log_in_there(browser, self.begin(browser))
        self.assertIn('<saml:Assertion' if b'<saml:Assertion' in base64.b64decode(form['SAMLResponse']) else 'Assertion',
                      base64.b64decode(form['SAMLResponse']).decode())
        status, headers, page = browser.get(acs, form)
        self.assertEqual(status, 200, page)
        self.assertIn(f'action="{ORIGIN}"', page)
        self.assertIn('no-store', headers['Cache-Control'])
        token = re.search(r'name="token"[^>]* value="([^"]+)"', page).group(1)
        bearer = {'OS_AUTH_TYPE': 'v3token', 'OS_TOKEN': token}
        self.assertIn('tardis', self.cloud.openstack('federation', 'project', 'list', **bearer))
        scoped = self.cloud.openstack_json('token', 'issue', **bearer, OS_PROJECT_NAME='tardis',
                                           OS_PROJECT_DOMAIN_NAME='Default')
        shown = self.cloud.openstack_json('user', 'show', scoped['user_id'])
        self.assertEqual((shown['name'], shown['email']), ('dwho', 'dwho@badwolf.org'))
        # The answer is good for once.
        self.assertEqual(browser.get(acs, form)[0], 401)

    def test_02_an_answer_belongs_to_its_browser(self):
        browser, victim = Browser(), Browser()
        acs, form = self.log_in_there(browser, self.begin(browser))
        self.assertEqual(victim.get(acs, form)[0], 401)  # no login begun there
        self.begin(victim)
        self.assertEqual(victim.get(acs, form)[0], 401)  # begun, but another one
        document = base64.b64decode(form['SAMLResponse'])
        changed = {**form, 'SAMLResponse': base64.b64encode(document.replace(b'dwho', b'rtyler')).decode()}
        self.assertEqual(browser.get(acs, changed)[0], 401)
        self.assertEqual(browser.get(acs, form)[0], 200)

    def test_03_without_the_group_there_is_no_project(self):
        browser = Browser()
        acs, form = self.log_in_there(browser, self.begin(browser), 'rtyler')
        status, _, page = browser.get(acs, form)
        # The mapping asks for one of the groups.
        self.assertNotIn('tardis', page)
        self.assertIn(status, (200, 400, 401, 403))
        if status == 200:
            token = re.search(r'name="token"[^>]* value="([^"]+)"', page).group(1)
            self.assertNotIn('tardis', self.cloud.openstack('federation', 'project', 'list', OS_AUTH_TYPE='v3token',
                                                            OS_TOKEN=token))


class EcpOfAlpha(http.server.BaseHTTPRequestHandler):
    """An ECP identity provider: a password is tried at cloud alpha, whose assertion for beta is the answer."""

    def do_POST(self):
        asked = self.rfile.read(int(self.headers['Content-Length'])).decode()
        user, _, password = base64.b64decode(self.headers['Authorization'].split()[1]).decode().partition(':')
        alpha = self.server.alpha
        try:
            token = alpha.token(user, password)
        except urllib.error.HTTPError:
            self.send_response(401)
            self.end_headers()
            return
        envelope = alpha.assertion(token)
        consumer = re.search(r'AssertionConsumerServiceURL="([^"]+)"', asked).group(1)
        response = ('<ecp:Response xmlns:ecp="urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp" AssertionConsumerServiceURL="'
                    + consumer + '"/></soap:Header>')
        text = envelope.replace('</soap:Header>', response).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'text/xml')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Alpha(PrivateNephele):
    def _post(self, path, body):
        request = urllib.request.Request(self.auth_url + path, json.dumps(body).encode(),
                                         {'Content-Type': 'application/json'})
        return urllib.request.urlopen(request, timeout=60)

    def token(self, user, password):
        domain = {'name': 'Default'}
        body = {'auth': {'identity': {'methods': ['password'], 'password': {'user': {
            'name': user, 'password': password, 'domain': domain}}},
            'scope': {'project': {'name': 'home', 'domain': domain}}}}
        with self._post('/auth/tokens', body) as answer:
            return answer.headers['X-Subject-Token']

    def assertion(self, token):
        body = {'auth': {'identity': {'methods': ['token'], 'token': {'id': token}},
                         'scope': {'service_provider': {'id': 'beta'}}}}
        with self._post('/auth/OS-FEDERATION/saml2/ecp', body) as answer:
            return answer.read().decode()


class CloudToCloud(unittest.TestCase):
    """A token of cloud alpha is exchanged at cloud beta, by clients nobody changed."""

    @classmethod
    def setUpClass(cls):
        cls.running = [Folder()]
        try:
            cls.start()
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def start(cls):
        folder, alpha_port, beta_port = cls.running[0], free_port(), free_port()
        key, own = certificate('alpha')
        key_file, certificate_file = folder.write('key', key), folder.write('certificate', own)
        issuer = f'http://127.0.0.1:{alpha_port}/identity/v3/OS-FEDERATION/saml2/idp'
        cls.alpha = Alpha(alpha_port, [f'keystone.saml_key_file="{key_file}"',
                                       f'keystone.saml_certificate_file="{certificate_file}"',
                                       f'keystone.saml_idp_entity_id="{issuer}"',
                                       f'keystone.saml_idp_sso_endpoint="{issuer}/sso"'])
        cls.running.append(cls.alpha)
        with urllib.request.urlopen(cls.alpha.auth_url + '/OS-FEDERATION/saml2/metadata') as answer:
            metadata_file = folder.write('alpha.xml', answer.read().decode())
        acs = f'http://127.0.0.1:{beta_port}/identity{protocol_path("alpha")}/saml2/acs'
        sources = folder.write('sources.yaml', json.dumps({'providers': [{
            'identity_provider': 'alpha', 'protocol': 'saml2',
            'saml': {'entity_id': 'https://beta.example/sp', 'metadata_file': metadata_file, 'acs_url': acs,
                     'unsolicited': True}}]}))
        cls.beta = PrivateNephele(beta_port, [f'keystone.federation_providers_file="{sources}"'])
        cls.running.append(cls.beta)
        prepare(cls.beta, 'alpha', issuer, [
            {'local': [{'user': {'name': '{0} of alpha'}}, {'group': {'name': 'timelords', 'domain': {'name': 'Default'}}}],
             'remote': [{'type': 'openstack_user'}, {'type': 'openstack_roles', 'any_one_of': ['member']}]}])
        run = cls.alpha.openstack
        run('service', 'provider', 'create', 'beta', '--service-provider-url', acs, '--auth-url',
            cls.beta.auth_url + '/OS-FEDERATION/identity_providers/alpha/protocols/saml2/auth')
        run('project', 'create', 'home')
        for user, role in (('ann', 'member'), ('bob', 'reader')):
            run('user', 'create', '--password', user, user)
            run('role', 'add', '--user', user, '--project', 'home', role)

    @classmethod
    def tearDownClass(cls):
        for one in reversed(cls.running):
            one.stop()

    @staticmethod
    def at_alpha(user, **more):
        return {'OS_USERNAME': user, 'OS_PASSWORD': user, 'OS_PROJECT_NAME': 'home', 'OS_USER_DOMAIN_NAME': 'Default',
                'OS_PROJECT_DOMAIN_NAME': 'Default', **more}

    def test_01_with_the_plugin(self):
        local = v3.Password(self.alpha.auth_url, username='ann', password='ann', user_domain_name='Default',
                            project_name='home', project_domain_name='Default')
        remote = v3.Keystone2Keystone(local, 'beta', project_name='tardis', project_domain_name='Default')
        access = remote.get_access(session.Session())
        self.assertEqual((access.username, access.project_name), ('ann of alpha', 'tardis'))
        self.assertEqual(access.role_names, ['member', 'reader'])
        home = local.get_access(session.Session())
        self.assertLessEqual(access.expires, home.expires)

    def test_02_with_the_client(self):
        who = self.at_alpha('ann', OS_SERVICE_PROVIDER='beta', OS_REMOTE_PROJECT_NAME='tardis',
                            OS_REMOTE_PROJECT_DOMAIN_NAME='Default')
        token = self.alpha.openstack_json('token', 'issue', **who)
        self.assertEqual(self.beta.openstack_json('user', 'show', token['user_id'])['name'], 'ann of alpha')
        bearer = {'OS_AUTH_TYPE': 'v3token', 'OS_TOKEN': token['id']}
        self.assertIn('tardis', self.beta.openstack('federation', 'project', 'list', **bearer))

    def test_03_without_the_role(self):
        who = self.at_alpha('bob', OS_SERVICE_PROVIDER='beta', OS_REMOTE_PROJECT_NAME='tardis',
                            OS_REMOTE_PROJECT_DOMAIN_NAME='Default')
        self.alpha.openstack('token', 'issue', check=False, **who)

    def test_04_once(self):
        envelope = self.alpha.assertion(self.alpha.token('ann', 'ann'))
        request = urllib.request.Request(f'{self.beta.url}/identity{protocol_path("alpha")}/saml2/acs', envelope.encode(),
                                         {'Content-Type': 'application/vnd.paos+xml'})
        with urllib.request.urlopen(request, timeout=60) as answer:
            self.assertEqual(answer.status, 201)
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=60)
        with refused.exception as answer:
            self.assertEqual(answer.status, 401)
            self.assertIn('used before', answer.read().decode())

    def test_05_ecp_with_the_client(self):
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), EcpOfAlpha)
        server.alpha = self.alpha
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            who = {'OS_AUTH_TYPE': 'v3samlpassword', 'OS_IDENTITY_PROVIDER': 'alpha', 'OS_PROTOCOL': 'saml2',
                   'OS_IDENTITY_PROVIDER_URL': f'http://127.0.0.1:{server.server_port}/', 'OS_USERNAME': 'ann',
                   'OS_PASSWORD': 'ann', 'OS_PROJECT_NAME': 'tardis', 'OS_PROJECT_DOMAIN_NAME': 'Default'}
            token = self.beta.openstack_json('token', 'issue', **who)
            self.assertEqual(self.beta.openstack_json('user', 'show', token['user_id'])['name'], 'ann of alpha')
            self.beta.openstack('token', 'issue', check=False, **{**who, 'OS_PASSWORD': 'wrong'})
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


if __name__ == '__main__':
    unittest.main()
