# SPDX-License-Identifier: Apache-2.0
"""A program of its own for tests that need other settings than the cloud under test: no engines, an empty database."""
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
PROGRAM = os.environ.get('NEPHELE_PROGRAM', os.path.join(ROOT, 'build', 'nephele'))


class PrivateNephele:
    """settings: as --set takes them. `files`: name -> text, written into the folder first; {folder} is filled in both.
    `address`: one of 127.0.0.0/8; on one of its own the traditional ports are free too."""

    def __init__(self, port, settings=(), files=None, address='127.0.0.1'):
        self.port = port
        self.url = f'http://{address}:{port}'
        self.auth_url = self.url + '/identity/v3'
        self.folder = tempfile.mkdtemp(prefix='nephele-private-')
        for name, text in (files or {}).items():
            with open(os.path.join(self.folder, name), 'w') as file:
                file.write(text.replace('{folder}', self.folder))
        base = [f'http.port={port}', f'http.address="{address}"', 'http.traditional_ports=false',
                f'data.directory="{self.folder}"',
                'nova.driver="none"', 'neutron.driver="fake"', 'keystone.admin_password="secret"',
                'keystone.password_hash_rounds=4']
        arguments = [word for setting in [*base, *settings]
                     for word in ('--set', setting.replace('{folder}', self.folder))]
        self.log = open(os.path.join(self.folder, 'log'), 'wb')
        self.process = subprocess.Popen([PROGRAM, 'serve', *arguments], stdout=self.log, stderr=self.log,
                                        start_new_session=True)
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(self.auth_url, timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError, OSError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    log = self.log_text()
                    self.stop()
                    raise RuntimeError('nephele does not start:\n' + log[-3000:])
                time.sleep(0.1)

    def log_text(self):
        with open(os.path.join(self.folder, 'log'), errors='replace') as file:
            return file.read()

    def environment(self, **more):
        """For the client; as the administrator unless `more` says who."""
        own = {name: value for name, value in os.environ.items() if not name.startswith('OS_')}
        who = more or {'OS_USERNAME': 'admin', 'OS_PASSWORD': 'secret', 'OS_PROJECT_NAME': 'admin',
                       'OS_USER_DOMAIN_NAME': 'Default', 'OS_PROJECT_DOMAIN_NAME': 'Default'}
        return {**own, 'OS_AUTH_URL': self.auth_url, 'OS_IDENTITY_API_VERSION': '3', **who}

    def openstack(self, *words, check=True, **who):
        done = subprocess.run(['openstack', *words], env=self.environment(**who), text=True, timeout=240,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if check and done.returncode != 0:
            raise AssertionError(f'openstack {" ".join(words)}: {done.stdout}{done.stderr}')
        if not check:
            assert done.returncode != 0, f'openstack {" ".join(words)} should be refused'
            return done.stdout + done.stderr
        return done.stdout.strip()

    def openstack_json(self, *words, **who):
        return json.loads(self.openstack(*words, '-f', 'json', **who))

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
