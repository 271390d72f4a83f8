# SPDX-License-Identifier: Apache-2.0
"""The private cloud under test: the openstack client, openstacksdk, the program itself, and waiting with a deadline.

Two ways to run the same unmodified client: `openstack()` starts the program as a user does; `cli()` calls its main function
in a fork of this process, which saves the imports each time where hundreds of commands are tried.
"""
import json
import os
import subprocess
import time
import unittest

import openstack as sdk

from support.commands import CommandFailed, run_forked

STATE = os.environ['NEPHELE_STATE']
PORT = os.environ['NEPHELE_PORT']
CLOUDS = os.environ['NEPHELE_CLOUDS']
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
CONFIG = os.path.join(STATE, 'nephele.toml')
os.environ['OS_CLIENT_CONFIG_FILE'] = CLOUDS


def openstack(*words, cloud='nephele', timeout=240):
    """What `openstack WORDS...` prints on standard output."""
    done = subprocess.run(['openstack', *words], env=dict(os.environ, OS_CLOUD=cloud), text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise CommandFailed(words, done.returncode, done.stdout + done.stderr)
    return done.stdout.strip()


def openstack_json(*words, **options):
    return json.loads(openstack(*words, '-f', 'json', **options))


def cli(*words, cloud='nephele-admin'):
    status, out, err = run_forked(words, {'OS_CLOUD': cloud})
    if status != 0:
        raise CommandFailed(words, status, out + err)
    return out


def cli_json(*words, **options):
    return json.loads(cli(*words, '-f', 'json', **options))


def cli_refused(*words, cloud='nephele-admin'):
    """What the client complains about; it must fail."""
    status, out, err = run_forked(words, {'OS_CLOUD': cloud})
    if status == 0:
        raise AssertionError(f'openstack {" ".join(words)} should have been refused, but printed:\n{out}')
    return out + err


def connect(cloud='nephele', **options):
    return sdk.connect(cloud=cloud, **options)


def log_in(**auth):
    """A connection with these credentials instead of those of a cloud in clouds.yaml; it has a token already."""
    connection = sdk.connect(load_yaml_config=False, load_envvars=False, region_name='RegionOne',
                             auth={'auth_url': f'http://127.0.0.1:{PORT}/identity/v3', 'user_domain_name': 'Default', **auth})
    connection.authorize()
    return connection


def wait_for(what, probe, seconds, every=0.3):
    """Calls probe() until it returns something true and returns that; what probe raises last tells why it never did."""
    deadline = time.monotonic() + seconds
    last = None
    while True:
        try:
            value = probe()
            if value:
                return value
            last = value
        except (AssertionError, OSError, subprocess.SubprocessError, sdk.exceptions.SDKException) as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f'{what}: not within {seconds} s; last seen: {last}')
        time.sleep(every)


def nephele(*words, check=True):
    done = subprocess.run([os.path.join(ROOT, 'build/nephele'), *words, '--config', CONFIG], text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if check and done.returncode != 0:
        raise AssertionError(f'nephele {" ".join(words)}: exit status {done.returncode}\n{done.stdout}')
    return done.stdout


def server_pid():
    with open(os.path.join(STATE, 'nephele.pid'), encoding='ascii') as file:
        return int(file.read())


def up_again():
    """tools/up on the cloud that is there: starts what does not run, makes nothing twice."""
    done = subprocess.run(['tools/up'], cwd=ROOT, text=True, timeout=120, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise AssertionError(f'tools/up: exit status {done.returncode}\n{done.stdout[-4000:]}')
    return done.stdout


class CloudTest(unittest.TestCase):
    """Every test ends with `nephele check`. Methods run in the order of their names; when one fails whose name begins with
    one of `needed`, the rest of its class is skipped."""
    needed = ()
    broken = False

    def setUp(self):
        if type(self).broken:
            self.skipTest('what it builds on failed')

    def tearDown(self):
        # Operations that still run may be between two records.
        wait_for('nephele check is clean', lambda: ' 0 violations' in nephele('check'), 10, every=0.5)
