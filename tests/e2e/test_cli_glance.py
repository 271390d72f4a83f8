# SPDX-License-Identifier: Apache-2.0
"""The glance client: metadata definitions, members, tags, usage; and the image proxy of openstacksdk."""
import json
import os
import re
import subprocess
import tempfile

import openstack as sdk

from support.cloud import CommandFailed, CloudTest, STATE, connect


def glance_environment(cloud):
    region = sdk.config.get_cloud_region(cloud=cloud)
    auth = region.get_auth_args()
    names = {'OS_AUTH_URL': 'auth_url', 'OS_USERNAME': 'username', 'OS_PASSWORD': 'password', 'OS_PROJECT_NAME': 'project_name',
             'OS_USER_DOMAIN_NAME': 'user_domain_name', 'OS_PROJECT_DOMAIN_NAME': 'project_domain_name'}
    found = {name: auth[key] for name, key in names.items() if key in auth}
    clean = {name: value for name, value in os.environ.items() if not name.startswith('OS_')}
    return {**clean, 'OS_USER_DOMAIN_NAME': 'Default', 'OS_PROJECT_DOMAIN_NAME': 'Default',
            'OS_REGION_NAME': region.region_name or 'RegionOne', 'HOME': STATE, **found}


def glance_status(*words, cloud='nephele-admin'):
    done = subprocess.run(['glance', *words], env=glance_environment(cloud), text=True, timeout=120,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout, done.stderr


def glance(*words, cloud='nephele-admin'):
    status, out, err = glance_status(*words, cloud=cloud)
    if status != 0:
        raise CommandFailed(('(glance)', *words), status, out + err)
    return out


def rows(table):
    """The cells of a printed table, without its head."""
    lines = [[cell.strip() for cell in line.strip('|').split('|')] for line in table.splitlines() if line.startswith('|')]
    return lines[1:]


class GlanceClient(CloudTest):
    def test_01_namespace_with_contents(self):
        path = os.path.join(tempfile.mkdtemp(dir=STATE), 'namespace.json')
        with open(path, 'w', encoding='utf-8') as file:
            json.dump({'namespace': 'E2E::Imported', 'display_name': 'Imported', 'visibility': 'public',
                       'resource_type_associations': [{'name': 'OS::Nova::Flavor', 'prefix': 'hw:'}],
                       'properties': {'policy': {'title': 'Policy', 'type': 'string', 'enum': ['a', 'b']}},
                       'objects': [{'name': 'Group', 'properties': {'n': {'title': 'N', 'type': 'integer', 'minimum': 1}}}],
                       'tags': [{'name': 'fast'}]}, file)
        glance('md-namespace-import', '--file', path)
        shown = glance('md-namespace-show', 'E2E::Imported', cloud='nephele')
        self.assertIn('Imported', shown)
        self.assertIn('hw:policy', glance('md-namespace-show', 'E2E::Imported', '--resource-type', 'OS::Nova::Flavor'))
        self.assertIn(['E2E::Imported'], [row[:1] for row in rows(glance('md-namespace-list'))])
        glance('md-namespace-create', '--display-name', 'Made', '--visibility', 'private', '--protected', 'False', 'E2E::Made')
        glance('md-namespace-update', '--description', 'changed', '--visibility', 'private', 'E2E::Made')
        self.assertIn('changed', glance('md-namespace-show', 'E2E::Made'))
        self.assertNotEqual(glance_status('md-namespace-show', 'E2E::Made', cloud='nephele')[0], 0)
        self.assertNotEqual(glance_status('md-namespace-delete', 'E2E::Imported', cloud='nephele')[0], 0)

    def test_02_objects_and_properties(self):
        schema = json.dumps({'size': {'title': 'Size', 'type': 'integer', 'minimum': 1}})
        glance('md-object-create', '--name', 'Thing', '--schema', json.dumps({'properties': json.loads(schema)}), 'E2E::Made')
        self.assertEqual([row[0] for row in rows(glance('md-object-list', 'E2E::Made'))], ['Thing'])
        self.assertIn('Size', glance('md-object-property-show', 'E2E::Made', 'Thing', 'size'))
        glance('md-object-update', '--name', 'Other', 'E2E::Made', 'Thing')
        self.assertIn('Other', glance('md-object-show', 'E2E::Made', 'Other'))
        glance('md-object-delete', 'E2E::Made', 'Other')
        glance('md-property-create', '--name', 'colour', '--title', 'Colour', '--schema', '{"type": "string"}', 'E2E::Made')
        self.assertEqual([row[0] for row in rows(glance('md-property-list', 'E2E::Made'))], ['colour'])
        glance('md-property-update', '--name', 'color', '--title', 'Color', '--schema', '{"type": "string"}', 'E2E::Made',
               'colour')
        self.assertIn('Color', glance('md-property-show', 'E2E::Made', 'color'))
        glance('md-property-delete', 'E2E::Made', 'color')
        glance('md-namespace-objects-delete', 'E2E::Imported')
        glance('md-namespace-properties-delete', 'E2E::Imported')

    def test_03_tags_and_resource_types(self):
        # Debian's client sends --append as a header that is no text, which its own library refuses.
        glance('md-tag-create-multiple', '--names', 'two:three', '--delim', ':', 'E2E::Made')
        glance('md-tag-create', '--name', 'one', 'E2E::Made')
        self.assertEqual(sorted(row[0] for row in rows(glance('md-tag-list', 'E2E::Made'))), ['one', 'three', 'two'])
        glance('md-tag-update', '--name', 'four', 'E2E::Made', 'one')
        self.assertIn('four', glance('md-tag-show', 'E2E::Made', 'four'))
        glance('md-tag-delete', 'E2E::Made', 'four')
        glance('md-namespace-tags-delete', 'E2E::Made')
        glance('md-resource-type-associate', '--name', 'OS::E2E::Thing', '--prefix', 'e2e_', 'E2E::Made')
        self.assertIn('OS::E2E::Thing', glance('md-resource-type-list'))
        self.assertIn('e2e_', glance('md-namespace-resource-type-list', 'E2E::Made'))
        glance('md-resource-type-deassociate', 'E2E::Made', 'OS::E2E::Thing')
        glance('md-namespace-delete', 'E2E::Made')
        glance('md-namespace-delete', 'E2E::Imported')

    def test_04_images_and_members(self):
        made = glance('image-create', '--name', 'e2e-glance', '--disk-format', 'raw', '--container-format', 'bare',
                      '--property', 'colour=red', cloud='nephele')
        image = re.search(r'\| id +\| (\S+)', made).group(1)
        glance('image-tag-update', image, 'tagged', cloud='nephele')
        glance('image-update', image, '--property', 'colour=blue', '--min-ram', '64', cloud='nephele')
        shown = glance('image-show', image, cloud='nephele')
        self.assertRegex(shown, r'colour +\| blue')
        self.assertIn('tagged', shown)
        for query in (('--property-filter', 'colour=blue'), ('--tag', 'tagged'), ('--sort', 'name:asc,status:desc'),
                      ('--property-filter', 'name=in:e2e-glance,other')):
            self.assertIn(image, glance('image-list', *query, cloud='nephele'))
        project = connect('nephele-admin').current_project_id
        glance('member-create', image, project, cloud='nephele')
        glance('member-update', image, project, 'accepted')
        self.assertIn('accepted', glance('member-list', '--image-id', image, cloud='nephele'))
        self.assertIn(image, glance('image-list', '--visibility', 'shared'))
        glance('member-delete', image, project, cloud='nephele')
        glance('usage', cloud='nephele')
        glance('image-delete', image, cloud='nephele')

    def test_05_sdk(self):
        images = connect('nephele').image
        image = images.create_image('e2e-sdk', allow_duplicates=True, disk_format='raw', container_format='bare',
                                    data=b'\1' * 4096, validate_checksum=True, wait=True)
        image = images.get_image(image.id)
        self.assertEqual((image.status, image.size), ('active', 4096))
        self.assertEqual(images.download_image(image).content, b'\1' * 4096)
        images.update_image(image, min_disk=1, name='e2e-sdk-2')
        images.add_tag(image, 't')
        self.assertEqual([i.id for i in images.images(tag='t')], [image.id])
        images.deactivate_image(image)
        self.assertEqual(images.get_image(image.id).status, 'deactivated')
        images.reactivate_image(image)
        project = connect('nephele-admin').current_project_id
        images.add_member(image, member_id=project)
        self.assertEqual([m.status for m in images.members(image)], ['pending'])
        connect('nephele-admin').image.update_member(project, image.id, status='accepted')
        self.assertEqual(images.get_member(project, image.id).status, 'accepted')
        images.remove_member(project, image)
        images.remove_tag(image, 't')
        for schema in (images.get_images_schema, images.get_image_schema, images.get_members_schema, images.get_member_schema,
                       images.get_task_schema, images.get_tasks_schema):
            self.assertTrue(schema().properties)
        images.delete_image(image)
        self.assertIsNone(images.find_image('e2e-sdk-2'))
