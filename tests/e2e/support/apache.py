# SPDX-License-Identifier: Apache-2.0
"""A private Apache with mod_auth_openidc in front of a program: does the federated logins and hands on what it learned."""
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from support.lemonldap import free_port

MODULES = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'proxy', 'proxy_http', 'headers', 'auth_openidc']


class Front:
    def __init__(self, idp, client, client_secret, behind, protected, secret):
        """`behind`: address of the program; `protected`: the path whose bearer is logged in; `secret`: proves the front."""
        self.port = free_port()
        self.url = f'http://127.0.0.1:{self.port}'
        self.folder = tempfile.mkdtemp(prefix='nephele-apache-')
        os.chmod(self.folder, 0o755)
        loaded = '\n'.join(f'LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so' for name in MODULES)
        with open(os.path.join(self.folder, 'apache.conf'), 'w') as file:
            file.write(f'''{loaded}
ServerName 127.0.0.1
ServerRoot {self.folder}
DefaultRuntimeDir {self.folder}
PidFile {self.folder}/pid
ErrorLog {self.folder}/log
User www-data
Group www-data
Listen 127.0.0.1:{self.port}
OIDCProviderMetadataURL {idp.url}.well-known/openid-configuration
OIDCClientID {client}
OIDCClientSecret {client_secret}
OIDCRedirectURI {self.url}/back
OIDCCryptoPassphrase for-a-test
OIDCScope "openid profile email"
OIDCClaimPrefix OIDC-
OIDCClaimDelimiter ;
OIDCPassClaimsAs headers
OIDCOAuthServerMetadataURL {idp.url}.well-known/openid-configuration
OIDCOAuthClientID {client}
OIDCOAuthClientSecret {client_secret}
OIDCOAuthRemoteUserClaim sub
RequestHeader unset X-Federation-Secret
ProxyPass /back !
ProxyPass / {behind}/
<Location /back>
  AuthType auth-openidc
  Require valid-user
</Location>
<Location {protected}>
  AuthType auth-openidc
  Require valid-user
  RequestHeader set X-Federation-Secret {secret}
</Location>
''')
        with open(os.path.join(self.folder, 'log'), 'ab') as log:
            self.process = subprocess.Popen(
                ['/usr/sbin/apache2', '-X', '-f', os.path.join(self.folder, 'apache.conf')],
                stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(self.url + '/identity/v3', timeout=10).close()
                return
            except (urllib.error.URLError, ConnectionError, OSError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    log = self.log_text()
                    self.stop()
                    raise RuntimeError('apache does not start:\n' + log[-2000:])
                time.sleep(0.1)

    def log_text(self):
        try:
            with open(os.path.join(self.folder, 'log'), errors='replace') as file:
                return file.read()
        except FileNotFoundError:
            return ''

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)
