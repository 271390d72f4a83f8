# SPDX-License-Identifier: Apache-2.0
"""What the cloud has made on this host: guests, devices, namespaces, rows of OVN. For tests that nothing is left behind."""
import os
import re
import subprocess

from support import cloud as c

ENGINES = os.environ.get('NEPHELE_ENGINES') or os.path.join(c.STATE, 'engines')


def _run(*words):
    return subprocess.run(words, check=True, text=True, stdout=subprocess.PIPE, timeout=30).stdout


def _engine_environment():
    lines = _run(os.path.join(c.ROOT, 'tools/engines'), 'env', ENGINES).splitlines()
    return dict(line.split('=', 1) for line in lines if re.match(r'[A-Z_]+=', line))


def domains():
    return set(_run('virsh', '-q', '-c', 'qemu:///system', 'list', '--all', '--name').split())


def devices():
    return set(re.findall(r'^\d+: (nt[^:@]*)', _run('ip', '-o', 'link', 'show'), re.M))


def namespaces():
    return {line.split()[0] for line in _run('ip', 'netns', 'list').splitlines() if line.startswith('ovnmeta-')}


def northbound_rows():
    """Ids and names of the rows a tenant's things become."""
    rows = set()
    for table in ('Logical_Switch', 'Logical_Switch_Port', 'Logical_Router', 'Logical_Router_Port', 'NAT', 'ACL',
                  'Port_Group', 'DHCP_Options', 'Logical_Router_Static_Route', 'Address_Set', 'QoS'):
        listed = _run('ovn-nbctl', '--db=' + _engine_environment()['OVN_NB'], '--format=csv', '--no-headings',
                      '--columns=_uuid', 'list', table)
        rows |= {f'{table} {uuid}' for uuid in listed.split()}
    return rows


def switch_ports():
    return set(_run('ovs-vsctl', '--db=' + _engine_environment()['OVS_DB'], 'list-ports', 'br-int').split())


def instance_files():
    """Folders of guests' disks under the state folder."""
    found = set()
    for folder, folders, _ in os.walk(c.STATE):
        found |= {os.path.join(folder, name) for name in folders if re.fullmatch(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', name)}
    return found


def everything():
    return {f'{kind}: {name}' for kind, names in (
        ('domain', domains()), ('device', devices()), ('namespace', namespaces()), ('ovn', northbound_rows()),
        ('switch port', switch_ports()), ('folder', instance_files())) for name in names}
