# SPDX-License-Identifier: Apache-2.0
"""A private program with several stores, a web server for others' data, and the three clients of images; it notes which of
their commands were run."""
import functools
import http.server
import json
import os
import threading
import time

import openstack as sdk
from glanceclient import shell as glance_shell
from openstack.image import _base_proxy
from openstack.image.v2 import _proxy
from openstackclient import shell as openstack_shell

from support.forked import run_forked
from support.lemonldap import free_port
from support.private import PrivateNephele

STORES = '''
- {id: local, type: file, default: true, directory: "{folder}/local"}
- {id: second, type: file, directory: "{folder}/second", description: slower}
- {id: web, type: http, allowed_networks: ["127.0.0.0/8"]}
'''
SETTINGS = ['glance.stores_file="{folder}/stores.yaml"', 'glance.show_multiple_locations=true',
            'glance.show_image_direct_url=true', 'glance.import_allowed_ports=[]',
            'glance.import_allowed_networks=["127.0.0.0/8"]']
DATA = bytes(range(256)) * 400
ADMIN = {'OS_USERNAME': 'admin', 'OS_PASSWORD': 'secret', 'OS_PROJECT_NAME': 'admin'}
PLAIN = {'OS_USERNAME': 'plain', 'OS_PASSWORD': 'secret', 'OS_PROJECT_NAME': 'plain'}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass


def run_openstack(words):
    return openstack_shell.main(words)


def run_glance(words):
    # What `glance` itself does with an exception: its last line, and status 1.
    return glance_shell.OpenStackImagesShell().main(words)


class ImageCloud:
    def __init__(self):
        self.program = PrivateNephele(free_port(), SETTINGS, {'stores.yaml': STORES})
        self.ran = {'glance': set(), 'openstack': set(), 'sdk': set()}
        try:
            self.raw = self.file('disk.raw', DATA)
            handler = functools.partial(Quiet, directory=self.program.folder)
            self.web = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
            threading.Thread(target=self.web.serve_forever, daemon=True).start()
            self.url = f'http://127.0.0.1:{self.web.server_port}/disk.raw'
            self.admin = self.connect(ADMIN)
            self.admin_project = self.admin.current_project_id
            self.plain_project = self.admin.create_project('plain', 'default').id
            self.admin.create_user('plain', password='secret', domain_id='default')
            self.admin.grant_role('member', user='plain', project='plain')
            self.plain = self.connect(PLAIN)
        except BaseException:
            self.stop()
            raise

    def stop(self):
        if hasattr(self, 'web'):
            self.web.shutdown()
            self.web.server_close()
        self.program.stop()

    def file(self, name, content=None):
        path = os.path.join(self.program.folder, name)
        if content is not None:
            with open(path, 'wb') as file:
                file.write(content)
        return path

    def connect(self, who):
        return sdk.connect(load_yaml_config=False, load_envvars=False, region_name='RegionOne', auth={
            'auth_url': self.program.auth_url, 'username': who['OS_USERNAME'], 'password': who['OS_PASSWORD'],
            'project_name': who['OS_PROJECT_NAME'], 'user_domain_name': 'Default', 'project_domain_name': 'Default'})

    def _run(self, client, main, words, who):
        environment = self.program.environment(OS_USER_DOMAIN_NAME='Default', OS_PROJECT_DOMAIN_NAME='Default',
                                               OS_REGION_NAME='RegionOne', HOME=self.program.folder, **who)
        return run_forked(main, words, environment)

    def glance(self, *words, who=ADMIN):
        """What it prints; it must end well."""
        status, out, err = self._run('glance', run_glance, words, who)
        self.ran['glance'].add(words[0])
        if status != 0:
            raise AssertionError(f'glance {" ".join(words)}: {status}\n{out}{err}')
        return out

    def glance_refused(self, *words, who=PLAIN):
        status, out, err = self._run('glance', run_glance, words, who)
        if status == 0:
            raise AssertionError(f'glance {" ".join(words)} should have been refused, but printed:\n{out}')
        return out + err

    def openstack(self, *words, who=PLAIN):
        status, out, err = self._run('openstack', run_openstack, words, who)
        self.ran['openstack'].add('_'.join(words[:3]) if words[1:2] in (('add',), ('remove',), ('member',)) else
                                  '_'.join(words[:2]))
        if status != 0:
            raise AssertionError(f'openstack {" ".join(words)}: {status}\n{out}{err}')
        return out

    def openstack_json(self, *words, **options):
        return json.loads(self.openstack(*words, '-f', 'json', **options))

    def note_sdk_calls(self):
        """From here on the functions of the SDK's image proxy are noted when they are called."""
        for proxy in (_proxy.Proxy, _base_proxy.BaseImageProxy):
            for name in sdk_functions(proxy):
                setattr(proxy, name, self._noting(name, getattr(proxy, name)))

    def _noting(self, name, function):
        @functools.wraps(function)
        def noted(*arguments, **options):
            self.ran['sdk'].add(name)
            return function(*arguments, **options)
        return noted

    def until(self, what, probe, seconds=60):
        deadline = time.monotonic() + seconds
        while True:
            value = probe()
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f'{what}: not within {seconds} s\n{self.program.log_text()[-2000:]}')
            time.sleep(0.05)

    def until_status(self, image_id, status='active'):
        return self.until(f'image {image_id} {status}', lambda: self.show(image_id)['status'] == status)

    def show(self, image_id):
        return self.admin.image.get(f'/images/{image_id}').json()


def sdk_functions(proxy):
    return [name for name, member in vars(proxy).items() if not name.startswith('_') and callable(member)]
