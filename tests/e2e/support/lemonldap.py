# SPDX-License-Identifier: Apache-2.0
"""A private LemonLDAP::NG (Debian's liblemonldap-ng-portal-perl): a real identity provider with OpenID Connect and SAML.

Its demonstration users are rtyler, msmith and dwho (group timelords), each with its name as password.
"""
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

PORTAL = '/usr/share/lemonldap-ng/portal'


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def key_pair():
    private = subprocess.run(['openssl', 'genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
                             check=True, capture_output=True, text=True).stdout
    public = subprocess.run(['openssl', 'pkey', '-pubout'], input=private, check=True, capture_output=True,
                            text=True).stdout
    return private, public


def certificate(name='idp'):
    """A private key and its own certificate."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ('key', 'certificate')]
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=' + name, '-days', '2',
                        '-keyout', paths[0], '-out', paths[1]], check=True, capture_output=True)
        texts = []
        for path in paths:
            with open(path) as file:
                texts.append(file.read())
    return texts


class Lemonldap:
    """clients: {client_id: {'secret': ..., 'redirects': [...]}}; services: {name: metadata of a SAML service provider}."""

    def __init__(self, clients, services=None, port=None):
        self.port = port or free_port()
        self.url = f'http://127.0.0.1:{self.port}/'
        self.issuer = self.url
        self.folder = tempfile.mkdtemp(prefix='nephele-lemonldap-')
        for name in ('conf', 'sessions/lock', 'psessions/lock', 'cache', 'notifications'):
            os.makedirs(os.path.join(self.folder, name))
        self._configure(clients, services or {})
        self._start()

    def _path(self, name):
        return os.path.join(self.folder, name)

    @staticmethod
    def _saml(services):
        if not services:
            return {}
        key, own = certificate()
        return {'issuerDBSAMLActivation': 1, 'samlServicePrivateKeySig': key, 'samlServicePublicKeySig': own,
                'samlServiceUseCertificateInResponse': 1, 'samlServiceSignatureMethod': 'RSA_SHA256',
                'samlSPMetaDataXML': {name: {'samlSPMetaDataXML': text} for name, text in services.items()},
                'samlSPMetaDataOptions': {name: {'samlSPMetaDataOptionsCheckSSOMessageSignature': 1,
                                                 'samlSPMetaDataOptionsNameIDFormat': 'email',
                                                 'samlSPMetaDataOptionsSessionNotOnOrAfterTimeout': 1800}
                                          for name in services},
                'samlSPMetaDataExportedAttributes': {name: {'uid': '1;uid;;uid', 'mail': '0;urn:oid:0.9.2342;;mail',
                                                            'groups': '0;groups;;groups'} for name in services}}

    def _configure(self, clients, services):
        private, public = key_pair()
        options = {name: {'oidcRPMetaDataOptionsClientID': name,
                          'oidcRPMetaDataOptionsClientSecret': client['secret'],
                          'oidcRPMetaDataOptionsRedirectUris': ' '.join(client.get('redirects', [])),
                          'oidcRPMetaDataOptionsIDTokenSignAlg': 'RS256',
                          'oidcRPMetaDataOptionsBypassConsent': 1,
                          'oidcRPMetaDataOptionsAllowPasswordGrant': 1,
                          'oidcRPMetaDataOptionsAllowClientCredentialsGrant': 1,
                          'oidcRPMetaDataOptionsRequirePKCE': 1 if client.get('redirects') else 0,
                          'oidcRPMetaDataOptionsUserIDAttr': 'uid'} for name, client in clients.items()}
        storage = {'Directory': self._path('sessions'), 'LockDirectory': self._path('sessions/lock'),
                   'generateModule': 'Lemonldap::NG::Common::Apache::Session::Generate::SHA256'}
        persistent = {'Directory': self._path('psessions'), 'LockDirectory': self._path('psessions/lock')}
        conf = {
            'cfgNum': 1, 'cfgAuthor': 'test', 'cfgDate': '1627287638', 'cfgVersion': '2.16.1',
            'portal': self.url, 'domain': '127.0.0.1', 'cookieName': 'lemonldap', 'key': 'test-key',
            'authentication': 'Demo', 'userDB': 'Same', 'passwordDB': 'Demo', 'registerDB': 'Null',
            'demoExportedVars': {'cn': 'cn', 'mail': 'mail', 'uid': 'uid'}, 'whatToTrace': '$uid',
            'globalStorage': 'Apache::Session::File', 'globalStorageOptions': storage,
            'persistentStorage': 'Apache::Session::File', 'persistentStorageOptions': persistent,
            'locationRules': {f'127.0.0.1:{self.port}': {'default': 'accept'}},
            'exportedHeaders': {}, 'groups': {}, 'macros': {}, 'exportedVars': {}, 'requireToken': 0,
            'portalCheckLogins': 0, 'captcha': '::Captcha::None', 'portalDisplayRegister': 0, 'portalDisplayResetPassword': 0,
            'captcha_login_enabled': 0, 'captcha_mail_enabled': 0, 'captcha_register_enabled': 0, 'cspFormAction': '*', 'bruteForceProtection': 0,
            'issuerDBOpenIDConnectActivation': 1,
            'oidcServicePrivateKeySig': private, 'oidcServicePublicKeySig': public, 'oidcServiceKeyIdSig': 'k1',
            'oidcServiceAllowAuthorizationCodeFlow': 1, 'oidcServiceAllowOnlyDeclaredScopes': 0,
            'oidcServiceMetaDataIssuer': self.issuer,
            'oidcRPMetaDataOptions': options,
            'oidcRPMetaDataExportedVars': {name: {'name': 'cn', 'email': 'mail', 'preferred_username': 'uid',
                                                  'groups': 'groups'} for name in clients},
            'oidcRPMetaDataOptionsExtraClaims': {name: {'profile': 'groups'} for name in clients},
            **self._saml(services),
        }
        with open(self._path('conf/lmConf-1.json'), 'w') as file:
            json.dump(conf, file)
        with open(self._path('lemonldap-ng.ini'), 'w') as file:
            file.write(f'''[all]
logLevel = notice
[configuration]
type = File
dirName = {self._path('conf')}
localStorage = Cache::FileCache
localStorageOptions = {{ 'namespace' => 'config', 'default_expires_in' => 600, 'cache_root' => '{self._path('cache')}', 'cache_depth' => 3 }}
[portal]
staticPrefix = /static
templateDir = {PORTAL}/templates
languages = en
[handler]
status = 0
''')

        # A portal loads a captcha although none is asked; Debian's needs ImageMagick.
        os.makedirs(self._path('perl/Lemonldap/NG/Portal/Captcha'))
        with open(self._path('perl/Lemonldap/NG/Portal/Captcha/None.pm'), 'w') as file:
            file.write("package Lemonldap::NG::Portal::Captcha::None;\nuse Mouse;\n"
                       "extends 'Lemonldap::NG::Portal::Main::Plugin';\nsub init { 1 }\n1;\n")

    def _start(self):
        environment = dict(os.environ, LLNG_DEFAULTCONFFILE=self._path('lemonldap-ng.ini'), LANG='C.UTF-8',
                           PERL5LIB=self._path('perl'))
        self.log = open(self._path('log'), 'wb')
        self.process = subprocess.Popen(
            ['/usr/bin/plackup', '-E', 'production', '--host', '127.0.0.1', '--port', str(self.port),
             PORTAL + '/htdocs/index.psgi'],
            env=environment, stdout=self.log, stderr=self.log, start_new_session=True)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(self.url + '.well-known/openid-configuration', timeout=30) as answer:
                    self.metadata = json.load(answer)
                    return
            except (urllib.error.URLError, ConnectionError, OSError):
                time.sleep(0.2)
        log = self.log_text()
        self.stop()
        wrong = [line for line in log.splitlines() if "error" in line or "warn" in line]
        raise RuntimeError("lemonldap does not start:\n" + "\n".join(wrong)[:3000])

    def log_text(self):
        with open(self._path('log'), errors='replace') as file:
            return file.read()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
