# SPDX-License-Identifier: Apache-2.0
"""The image commands of the openstack client."""
import hashlib
import os
import subprocess
import tempfile

from support.cloud import CloudTest, STATE, cli, cli_json, cli_refused, openstack, openstack_json


class Image(CloudTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(dir=STATE)
        cls.raw = os.path.join(cls.folder, 'disk.raw')
        with open(cls.raw, 'wb') as file:
            file.write(os.urandom(3_000_000) + bytes(1_194_304))
        cls.qcow2 = os.path.join(cls.folder, 'disk.qcow2')
        subprocess.run(['qemu-img', 'convert', '-O', 'qcow2', cls.raw, cls.qcow2], check=True)

    def test_01_upload_and_download(self):
        made = openstack_json('image', 'create', '--file', self.qcow2, '--disk-format', 'qcow2', '--container-format', 'bare',
                              '--property', 'os_distro=debian', '--min-disk', '1', '--tag', 'red', 'e2e-image')
        shown = cli_json('image', 'show', made['id'], cloud='nephele')
        self.assertEqual((shown['status'], shown['visibility'], shown['min_disk']), ('active', 'shared', 1))
        self.assertEqual(shown['size'], os.path.getsize(self.qcow2))
        self.assertEqual(shown['properties']['os_distro'], 'debian')
        with open(self.qcow2, 'rb') as file:
            content = file.read()
        self.assertEqual(shown['checksum'], hashlib.md5(content).hexdigest())
        self.assertEqual(shown['properties']['os_hash_value'], hashlib.sha512(content).hexdigest())
        back = os.path.join(self.folder, 'back')
        openstack('image', 'save', '--file', back, 'e2e-image')
        with open(back, 'rb') as file:
            self.assertEqual(file.read(), content)

    def test_02_set_and_list(self):
        cli('image', 'set', '--name', 'e2e-renamed', '--property', 'colour=blue', '--min-ram', '64', 'e2e-image',
            cloud='nephele')
        self.assertEqual(cli_json('image', 'show', 'e2e-renamed', cloud='nephele')['properties']['colour'], 'blue')
        cli('image', 'unset', '--property', 'colour', 'e2e-renamed', cloud='nephele')
        self.assertNotIn('colour', cli_json('image', 'show', 'e2e-renamed', cloud='nephele')['properties'])
        self.assertEqual([i['Name'] for i in cli_json('image', 'list', '--tag', 'red', cloud='nephele')], ['e2e-renamed'])
        self.assertIn('nephele-guest', [i['Name'] for i in cli_json('image', 'list', '--public', cloud='nephele')])

    def test_03_visibility_and_members(self):
        image = cli_json('image', 'show', 'e2e-renamed', cloud='nephele')['id']
        self.assertIn('403', cli_refused('image', 'set', '--public', image, cloud='nephele'))
        # A user that may not look projects up names one by its id.
        project = cli_json('project', 'show', 'admin')['id']
        cli('image', 'add', 'project', image, project, cloud='nephele')
        self.assertEqual([m['Status'] for m in cli_json('image', 'member', 'list', image)], ['pending'])
        cli('image', 'set', '--accept', image)
        self.assertEqual([m['Status'] for m in cli_json('image', 'member', 'list', image)], ['accepted'])
        self.assertIn('e2e-renamed', [i['Name'] for i in cli_json('image', 'list', '--shared')])
        cli('image', 'remove', 'project', image, project, cloud='nephele')

    def test_04_what_is_not_an_image(self):
        """The bytes decide, not what the caller says they are."""
        backing = os.path.join(self.folder, 'backing.qcow2')
        subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', '/etc/passwd', backing, '4M'], check=True)
        for name, file, said in (('backing', backing, 'qcow2'), ('raw-as-qcow2', self.raw, 'qcow2'),
                                 ('qcow2-as-raw', self.qcow2, 'raw')):
            with self.subTest(name):
                cli_refused('image', 'create', '--file', file, '--disk-format', said, '--container-format', 'bare',
                            f'e2e-{name}', cloud='nephele')
                for image in cli_json('image', 'list', '--name', f'e2e-{name}', cloud='nephele'):
                    self.assertNotEqual(image['Status'], 'active')
                    cli('image', 'delete', image['ID'], cloud='nephele')

    def test_05_protected_and_deleted(self):
        cli('image', 'set', '--protected', 'e2e-renamed', cloud='nephele')
        self.assertIn('403', cli_refused('image', 'delete', 'e2e-renamed', cloud='nephele'))
        cli('image', 'set', '--unprotected', 'e2e-renamed', cloud='nephele')
        cli('image', 'delete', 'e2e-renamed', cloud='nephele')
        self.assertNotIn('e2e-', cli('image', 'list', cloud='nephele'))
