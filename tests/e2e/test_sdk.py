# SPDX-License-Identifier: Apache-2.0
"""openstacksdk: paging, filters, what the cloud layer does by itself."""
import os

from support.cloud import PORT, STATE, CloudTest, connect, log_in


class Sdk(CloudTest):
    def test_01_networks_in_pages(self):
        connection = connect()
        made = [connection.network.create_network(name=f'e2e-page-{number}') for number in range(5)]
        try:
            listed = [n.name for n in connection.network.networks(limit=2) if n.name.startswith('e2e-page-')]
            self.assertEqual(sorted(listed), [f'e2e-page-{number}' for number in range(5)])
            self.assertEqual([n.id for n in connection.network.networks(name='e2e-page-3')], [made[3].id])
        finally:
            for network in made:
                connection.network.delete_network(network)

    def test_02_images_in_pages(self):
        connection = connect()
        made = [connection.image.create_image(name=f'e2e-page-{number}', disk_format='raw', container_format='bare',
                                              allow_duplicates=True, data=bytes(4096), wait=False) for number in range(4)]
        try:
            listed = [i.name for i in connection.image.images(limit=1) if i.name.startswith('e2e-page-')]
            self.assertEqual(len(listed), 4)
        finally:
            for image in made:
                connection.image.delete_image(image)

    def test_03_flavors_and_versions(self):
        connection = connect()
        self.assertEqual(connection.compute.find_flavor('m1.nano').ram, 128)
        self.assertGreaterEqual(len(list(connection.compute.flavors(limit=2))), 6)
        data = connection.compute.get_endpoint_data()
        self.assertEqual(data.min_microversion, (2, 1))
        self.assertGreater(data.max_microversion, (2, 1))

    def test_04_scopes(self):
        with open(os.path.join(STATE, 'passwords'), encoding='ascii') as file:
            password = dict(line.strip().split('=', 1) for line in file)['admin_password']
        system = log_in(username='admin', password=password, system_scope='all')
        self.assertIn('demo', [user.name for user in system.identity.users()])
        domain = log_in(username='admin', password=password, domain_name='Default')
        self.assertIn('demo', [project.name for project in domain.identity.projects()])
        unscoped = log_in(username='admin', password=password)
        self.assertEqual({p['name'] for p in unscoped.session.get(f'http://127.0.0.1:{PORT}/identity/v3/auth/projects')
                          .json()['projects']}, {'admin'})
