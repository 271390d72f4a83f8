# SPDX-License-Identifier: Apache-2.0
"""Debian's swift client on a private program: uploads whole and in segments, downloads, metadata, copies, temporary URLs; the
object store alone with TempAuth; glance keeping images in it."""
import json
import os
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from support.lemonldap import free_port
from support.private import PROGRAM, PrivateNephele

DATA = os.urandom(1 << 20) * 3
STORES = '''
- {{id: local, type: file, default: true, directory: "{{folder}}/local"}}
- {{id: objects, type: swift, auth_url: "http://127.0.0.1:{port}/identity/v3", auth_version: 3, user: admin, key: secret,
    project: admin, container: images}}
'''


class SwiftClient:
    """The `swift` command with an environment of its own."""

    def __init__(self, folder, environment):
        self.folder, self.environment = folder, environment

    def __call__(self, *words, check=True):
        done = subprocess.run(['swift', *words], cwd=self.folder, env=self.environment, text=True, timeout=120,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if check and done.returncode != 0:
            raise AssertionError(f'swift {" ".join(words)}: {done.stdout}{done.stderr}')
        if not check:
            assert done.returncode != 0, f'swift {" ".join(words)} should be refused'
        return done.stdout.strip() + done.stderr.strip()


class Story:
    """What a user of the command does; both ways to log in pass it."""

    def same(self, path, data=DATA):
        with open(os.path.join(self.folder.name, path), 'rb') as file:
            self.assertEqual(file.read(), data)

    def test_01_containers_and_metadata(self):
        self.swift('post', 'box', '-m', 'Colour:red', '-r', '.r:*')
        self.assertIn('Meta Colour: red', self.swift('stat', 'box'))
        self.assertIn('Read ACL: .r:*', self.swift('stat', 'box'))
        self.swift('post', '-m', 'Owner:me')
        self.assertIn('Meta Owner: me', self.swift('stat'))
        self.assertIn('box', self.swift('list'))
        self.swift('post', 'box', '-m', 'Colour:')
        self.assertNotIn('Colour', self.swift('stat', 'box'))
        self.assertIn('not found', self.swift('stat', 'nothing', check=False).lower())

    def test_02_upload_and_download(self):
        self.swift('upload', 'box', 'data', '-H', 'X-Object-Meta-A: 1')
        shown = self.swift('stat', 'box', 'data')
        self.assertIn('Meta A: 1', shown)
        self.assertIn(f'Content Length: {len(DATA)}', shown)
        self.swift('download', 'box', 'data', '-o', 'back')
        self.same('back')
        # Unchanged files are not sent again.
        self.swift('upload', 'box', 'data', '--changed')
        os.makedirs(os.path.join(self.folder.name, 'tree/deep'), exist_ok=True)
        for name in ('tree/one', 'tree/deep/two'):
            with open(os.path.join(self.folder.name, name), 'w') as file:
                file.write(name)
        self.swift('upload', 'box', 'tree')
        self.assertEqual(self.swift('list', 'box', '--prefix', 'tree/', '--delimiter', '/').split(), ['tree/deep/', 'tree/one'])
        self.swift('copy', 'box', 'data', '-d', '/box/copy', '-M', '-H', 'X-Object-Meta-B: 2')
        self.assertIn('Meta B: 2', self.swift('stat', 'box', 'copy'))
        self.swift('delete', 'box', '--prefix', 'tree')
        self.assertEqual(self.swift('list', 'box', '--prefix', 'tree'), '')

    def test_03_segments_dynamic_and_static(self):
        for name, more in (('dlo', ()), ('slo', ('--use-slo',))):
            self.swift('upload', 'big', 'data', '-S', '700000', '--object-name', name, *more)
            shown = self.swift('stat', 'big', name)
            self.assertIn(f'Content Length: {len(DATA)}', shown)
            self.assertEqual(len([line for line in self.swift('list', 'big_segments').split() if line.startswith(name)]), 5)
            self.swift('download', 'big', name, '-o', name)
            self.same(name)
            self.swift('delete', 'big', name)
            self.assertNotIn(name + '/', self.swift('list', 'big_segments'))

    def test_04_temporary_url(self):
        self.swift('post', '-m', 'Temp-URL-Key:secret')
        path = self.account + '/box/data'
        signed = self.swift('tempurl', 'GET', '60', path, 'secret')
        with urllib.request.urlopen(self.root + signed, timeout=20) as answer:
            self.assertEqual(answer.read(), DATA)
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(self.root + signed.replace('data', 'copy'), timeout=20)
        self.assertEqual(refused.exception.code, 401)

    def test_05_capabilities_and_the_end(self):
        self.assertIn('tempurl', self.swift('capabilities'))
        self.swift('delete', '--all')
        self.assertEqual(self.swift('list'), '')


class WithKeystone(Story, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        port = free_port()
        cls.program = PrivateNephele(port, ['glance.stores_file="{folder}/stores.yaml"'],
                                     {'stores.yaml': STORES.format(port=port)})
        cls.addClassCleanup(cls.program.stop)
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        with open(os.path.join(cls.folder.name, 'data'), 'wb') as file:
            file.write(DATA)
        cls.swift = SwiftClient(cls.folder.name, {**cls.program.environment(), 'OS_REGION_NAME': 'RegionOne'})
        cls.root = cls.program.url
        cls.account = cls.swift('auth').split('OS_STORAGE_URL=')[1].split()[0].removeprefix(cls.root)

    def test_06_images_are_objects(self):
        with open(os.path.join(self.folder.name, 'disk.raw'), 'wb') as file:
            file.write(DATA)
        token = self.program.openstack('token', 'issue', '-c', 'id', '-f', 'value')

        def ask(method, path, body, kind, **more):
            request = urllib.request.Request(self.root + '/image/v2/images' + path, body, method=method, headers={
                'X-Auth-Token': token, 'Content-Type': kind, **more})
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read()

        image = json.loads(ask('POST', '', b'{"name": "kept", "disk_format": "raw", "container_format": "bare"}',
                               'application/json'))
        ask('PUT', f'/{image["id"]}/file', DATA, 'application/octet-stream', **{'X-Image-Meta-Store': 'objects'})
        deadline = time.monotonic() + 30
        while self.program.openstack_json('image', 'show', image['id'])['status'] != 'active':
            self.assertLess(time.monotonic(), deadline)
        self.assertIn(image['id'], self.swift('list', 'images'))
        back = os.path.join(self.folder.name, 'image')
        self.program.openstack('image', 'save', '--file', back, image['id'])
        self.same('image')
        self.program.openstack('image', 'delete', image['id'])
        self.assertNotIn(image['id'], self.swift('list', 'images'))


class Alone(Story, unittest.TestCase):
    """`nephele serve swift`."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        with open(os.path.join(cls.folder.name, 'data'), 'wb') as file:
            file.write(DATA)
        port = free_port()
        cls.root = f'http://127.0.0.1:{port}'
        settings = [f'http.port={port}', f'data.directory="{cls.folder.name}/store"',
                    'swift.tempauth_users=["test:tester=testing .admin"]']
        cls.process = subprocess.Popen([PROGRAM, 'serve', 'swift', *(word for each in settings for word in ('--set', each))],
                                       stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.process.wait, 20)
        cls.addClassCleanup(cls.process.terminate)
        deadline = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen(cls.root + '/info', timeout=5) as answer:
                    cls.capabilities = json.load(answer)
                break
            except (urllib.error.URLError, ConnectionError):
                if time.monotonic() > deadline:
                    raise
        own = {name: value for name, value in os.environ.items() if not name.startswith(('OS_', 'ST_'))}
        cls.swift = SwiftClient(cls.folder.name, {**own, 'ST_AUTH': cls.root + '/auth/v1.0', 'ST_USER': 'test:tester',
                                                  'ST_KEY': 'testing'})
        cls.account = '/object-store/v1/AUTH_test'

    def test_00_it_says_what_it_is(self):
        self.assertIn('tempauth', self.capabilities)
        self.assertNotIn('keystoneauth', self.capabilities)
