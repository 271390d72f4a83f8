# SPDX-License-Identifier: Apache-2.0
"""S3's clients, unmodified, on a private `nephele serve` of its own: aws, boto3, s3cmd, rclone, restic.

It needs no engines and no cloud; on its own: NEPHELE_PROGRAM=build/nephele python3 -m unittest tests/e2e/test_s3_clients.py
"""
import hashlib
import io
import os
import random
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import boto3  # noqa: E402
from boto3.s3.transfer import TransferConfig  # noqa: E402
from botocore.client import Config  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402

from support.lemonldap import free_port  # noqa: E402
from support.private import PrivateNephele  # noqa: E402

MIB = 1 << 20


def bytes_of(size, seed=1):
    return random.Random(seed).randbytes(size)


def run(*words, env=None, stdin=None):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(('AWS_', 'OS_', 'RCLONE_', 'RESTIC_'))}
    done = subprocess.run(words, env={**clean, **(env or {})}, input=stdin, text=True, timeout=300,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=None if stdin else subprocess.DEVNULL)
    if done.returncode != 0:
        raise AssertionError(f'{" ".join(words)}: {done.returncode}\n{done.stdout}{done.stderr}')
    return done.stdout


class S3Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Ports of services are fixed numbers: on an address of our own.
        address = f'127.{random.randint(1, 254)}.{random.randint(0, 254)}.{random.randint(2, 254)}'
        cls.cloud = PrivateNephele(free_port(), ['http.traditional_ports=true', *cls.settings], address=address)
        cls.addClassCleanup(cls.cloud.stop)
        key = cls.cloud.openstack_json('ec2', 'credentials', 'create')
        cls.access, cls.secret, cls.host = key['access'], key['secret'], f'{address}:8080'
        cls.endpoint = f'http://{cls.host}'
        cls.folder = tempfile.mkdtemp(dir=cls.cloud.folder)
        cls.environment = {'HOME': cls.folder, 'AWS_ACCESS_KEY_ID': cls.access, 'AWS_SECRET_ACCESS_KEY': cls.secret,
                           'AWS_DEFAULT_REGION': 'us-east-1', 'AWS_EC2_METADATA_DISABLED': 'true'}

    settings = ()

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, 'wb') as file:
            file.write(content)
        return path

    def read(self, path):
        with open(os.path.join(self.folder, path), 'rb') as file:
            return file.read()

    @classmethod
    def client(cls, **config):
        return boto3.client('s3', endpoint_url=cls.endpoint, aws_access_key_id=cls.access,
                            aws_secret_access_key=cls.secret, region_name='us-east-1',
                            config=Config(retries={'max_attempts': 0}, **config))

    def refused(self, code, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        self.assertEqual(caught.exception.response['Error']['Code'], code)


class Boto3(S3Test):
    def test_01_objects(self):
        s3 = self.client()
        s3.create_bucket(Bucket='boto')
        self.assertIn('boto', [bucket['Name'] for bucket in s3.list_buckets()['Buckets']])
        body = bytes_of(100_000)
        made = s3.put_object(Bucket='boto', Key='a/ä +&.bin', Body=body, Metadata={'colour': 'red'}, ContentType='x/y')
        self.assertEqual(made['ETag'], f'"{hashlib.md5(body).hexdigest()}"')
        got = s3.get_object(Bucket='boto', Key='a/ä +&.bin')
        self.assertEqual((got['Body'].read(), got['Metadata'], got['ContentType']), (body, {'colour': 'red'}, 'x/y'))
        part = s3.get_object(Bucket='boto', Key='a/ä +&.bin', Range='bytes=10-19')
        self.assertEqual(part['Body'].read(), body[10:20])
        for i in range(25):
            s3.put_object(Bucket='boto', Key=f'list/{i:02}/x', Body=b'x')
        pages = s3.get_paginator('list_objects_v2').paginate(Bucket='boto', Prefix='list/', PaginationConfig={'PageSize': 10})
        self.assertEqual(sum(len(page['Contents']) for page in pages), 25)
        pages = s3.get_paginator('list_objects').paginate(Bucket='boto', Prefix='list/', Delimiter='/',
                                                          PaginationConfig={'PageSize': 7})
        self.assertEqual(sum(len(page.get('CommonPrefixes', [])) for page in pages), 25)
        s3.copy_object(Bucket='boto', Key='copy', CopySource={'Bucket': 'boto', 'Key': 'a/ä +&.bin'})
        self.assertEqual(s3.head_object(Bucket='boto', Key='copy')['Metadata'], {'colour': 'red'})
        deleted = s3.delete_objects(Bucket='boto', Delete={'Objects': [{'Key': 'copy'}, {'Key': 'none'}]})
        self.assertEqual(len(deleted['Deleted']), 2)
        self.refused('NoSuchKey', s3.get_object, Bucket='boto', Key='copy')
        self.refused('NoSuchBucket', s3.list_objects_v2, Bucket='none')
        self.refused('BucketNotEmpty', s3.delete_bucket, Bucket='boto')
        self.refused('304', s3.get_object, Bucket='boto', Key='a/ä +&.bin', IfNoneMatch=made['ETag'])
        self.refused('PreconditionFailed', s3.get_object, Bucket='boto', Key='a/ä +&.bin', IfMatch='"x"')

    def test_02_checksums_travel(self):
        s3 = self.client()
        for algorithm in ('CRC32', 'SHA1', 'SHA256'):
            made = s3.put_object(Bucket='boto', Key='sum', Body=io.BytesIO(bytes_of(70_000)), ChecksumAlgorithm=algorithm)
            got = s3.get_object(Bucket='boto', Key='sum', ChecksumMode='ENABLED')
            self.assertEqual(got[f'Checksum{algorithm}'], made[f'Checksum{algorithm}'])
            self.assertEqual(got['Body'].read(), bytes_of(70_000))

    def test_03_signature_2_and_presigned(self):
        s3 = self.client(signature_version='s3')
        s3.put_object(Bucket='boto', Key='two', Body=b'signed as of old', Metadata={'b': '2', 'a': '1'})
        self.assertEqual(s3.get_object(Bucket='boto', Key='two')['Body'].read(), b'signed as of old')
        # Not a subresource: this botocore signs "?acl?acl" then. s3cmd asks for some.
        self.assertIn('two', [row['Key'] for row in s3.list_objects(Bucket='boto')['Contents']])
        for version in ('s3', 's3v4'):
            signer = self.client(signature_version=version)
            url = signer.generate_presigned_url('get_object', {'Bucket': 'boto', 'Key': 'two',
                                                               'ResponseContentType': 'a/b'}, ExpiresIn=60)
            with urllib.request.urlopen(url, timeout=30) as answer:
                self.assertEqual((answer.read(), answer.headers['Content-Type']), (b'signed as of old', 'a/b'))
            with self.assertRaises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(url.replace('two', 'sum'), timeout=30)
            self.assertEqual(caught.exception.code, 403)
            put = signer.generate_presigned_url('put_object', {'Bucket': 'boto', 'Key': f'put-{version}'}, ExpiresIn=60)
            urllib.request.urlopen(urllib.request.Request(put, data=b'from a browser', method='PUT',
                                                          headers={'Content-Type': ''}), timeout=30).close()
            self.assertEqual(s3.get_object(Bucket='boto', Key=f'put-{version}')['Body'].read(), b'from a browser')

    def test_04_multipart(self):
        s3 = self.client()
        body = bytes_of(17 * MIB)
        s3.upload_fileobj(io.BytesIO(body), 'boto', 'large', Config=TransferConfig(multipart_threshold=5 * MIB,
                                                                                   multipart_chunksize=5 * MIB))
        head = s3.head_object(Bucket='boto', Key='large')
        self.assertTrue(head['ETag'].endswith('-4"'), head['ETag'])
        self.assertEqual(head['ContentLength'], len(body))
        into = io.BytesIO()
        s3.download_fileobj('boto', 'large', into)
        self.assertEqual(into.getvalue(), body)
        upload = s3.create_multipart_upload(Bucket='boto', Key='given-up')['UploadId']
        s3.upload_part(Bucket='boto', Key='given-up', UploadId=upload, PartNumber=1, Body=b'x')
        copied = s3.upload_part_copy(Bucket='boto', Key='given-up', UploadId=upload, PartNumber=2,
                                     CopySource='boto/large', CopySourceRange='bytes=0-9')
        self.assertEqual(copied['CopyPartResult']['ETag'], f'"{hashlib.md5(body[:10]).hexdigest()}"')
        self.assertEqual(len(s3.list_parts(Bucket='boto', Key='given-up', UploadId=upload)['Parts']), 2)
        self.assertEqual([one['Key'] for one in s3.list_multipart_uploads(Bucket='boto')['Uploads']], ['given-up'])
        s3.abort_multipart_upload(Bucket='boto', Key='given-up', UploadId=upload)
        self.assertNotIn('Uploads', s3.list_multipart_uploads(Bucket='boto'))

    def test_05_versions_and_settings(self):
        s3 = self.client()
        s3.create_bucket(Bucket='versions', ObjectLockEnabledForBucket=True)
        one = s3.put_object(Bucket='versions', Key='k', Body=b'1')['VersionId']
        s3.put_object(Bucket='versions', Key='k', Body=b'2')
        s3.delete_object(Bucket='versions', Key='k')
        listed = s3.list_object_versions(Bucket='versions')
        self.assertEqual((len(listed['Versions']), len(listed['DeleteMarkers'])), (2, 1))
        self.assertEqual(s3.get_object(Bucket='versions', Key='k', VersionId=one)['Body'].read(), b'1')
        s3.put_object_legal_hold(Bucket='versions', Key='k', VersionId=one, LegalHold={'Status': 'ON'})
        self.refused('AccessDenied', s3.delete_object, Bucket='versions', Key='k', VersionId=one)
        s3.put_object_legal_hold(Bucket='versions', Key='k', VersionId=one, LegalHold={'Status': 'OFF'})
        for each in listed['Versions'] + listed['DeleteMarkers']:
            s3.delete_object(Bucket='versions', Key='k', VersionId=each['VersionId'])
        s3.put_bucket_tagging(Bucket='versions', Tagging={'TagSet': [{'Key': 'a', 'Value': 'b'}]})
        self.assertEqual(s3.get_bucket_tagging(Bucket='versions')['TagSet'], [{'Key': 'a', 'Value': 'b'}])
        s3.put_bucket_lifecycle_configuration(Bucket='versions', LifecycleConfiguration={'Rules': [
            {'ID': 'x', 'Status': 'Enabled', 'Filter': {'Prefix': 'logs/'}, 'Expiration': {'Days': 3}}]})
        self.assertEqual(s3.get_bucket_lifecycle_configuration(Bucket='versions')['Rules'][0]['Expiration'], {'Days': 3})
        s3.put_bucket_cors(Bucket='versions', CORSConfiguration={'CORSRules': [
            {'AllowedMethods': ['GET'], 'AllowedOrigins': ['*']}]})
        self.assertEqual(s3.get_bucket_cors(Bucket='versions')['CORSRules'][0]['AllowedOrigins'], ['*'])
        self.refused('NotImplemented', s3.get_bucket_website, Bucket='versions')
        s3.delete_bucket(Bucket='versions')

    def test_06_a_deleted_key_is_no_key(self):
        key = self.cloud.openstack_json('ec2', 'credentials', 'create')
        other = boto3.client('s3', endpoint_url=self.endpoint, aws_access_key_id=key['access'],
                             aws_secret_access_key=key['secret'], region_name='us-east-1')
        other.list_buckets()
        self.cloud.openstack('ec2', 'credentials', 'delete', key['access'])
        self.refused('InvalidAccessKeyId', other.list_buckets)

    def test_07_swift_sees_the_same(self):
        listed = self.cloud.openstack('container', 'list', '-f', 'value')
        self.assertIn('boto', listed.split())
        self.assertIn('two', self.cloud.openstack('object', 'list', 'boto', '-f', 'value').split())
        path = os.path.join(self.folder, 'from-swift')
        self.cloud.openstack('object', 'save', '--file', path, 'boto', 'two')
        self.assertEqual(self.read('from-swift'), b'signed as of old')


class AwsCommand(S3Test):
    def aws(self, *words):
        return run('/usr/bin/aws', '--endpoint-url', self.endpoint, *words, env=self.environment)

    def test_01_copy_sync_and_remove(self):
        body = bytes_of(20 * MIB, 2)
        large = self.file('large', body)
        self.aws('s3', 'mb', 's3://cli')
        self.aws('s3', 'cp', large, 's3://cli/dir/large')
        self.aws('s3', 'cp', 's3://cli/dir/large', 's3://cli/copied')
        self.aws('s3', 'cp', 's3://cli/copied', os.path.join(self.folder, 'back'))
        self.assertEqual(self.read('back'), body)
        self.aws('s3', 'cp', self.file('small', b'small'), 's3://cli/small')
        self.assertIn('dir/', self.aws('s3', 'ls', 's3://cli'))
        self.aws('s3', 'sync', 's3://cli', os.path.join(self.folder, 'mirror'))
        self.assertEqual(self.read('mirror/small'), b'small')
        self.aws('s3', 'mv', 's3://cli/small', 's3://cli/moved')
        self.aws('s3', 'rm', '--recursive', 's3://cli')
        self.aws('s3', 'rb', 's3://cli')

    def test_02_s3api(self):
        self.aws('s3api', 'create-bucket', '--bucket', 'api')
        self.aws('s3api', 'put-bucket-versioning', '--bucket', 'api', '--versioning-configuration', 'Status=Enabled')
        self.aws('s3api', 'put-object', '--bucket', 'api', '--key', 'k', '--body', self.file('k', b'one'), '--checksum-algorithm',
                 'CRC32C')
        self.aws('s3api', 'put-object-tagging', '--bucket', 'api', '--key', 'k', '--tagging', 'TagSet=[{Key=a,Value=b}]')
        self.assertIn('"a"', self.aws('s3api', 'get-object-tagging', '--bucket', 'api', '--key', 'k'))
        self.assertIn('IsLatest', self.aws('s3api', 'list-object-versions', '--bucket', 'api'))
        self.aws('s3api', 'put-bucket-acl', '--bucket', 'api', '--acl', 'public-read')
        self.assertIn('AllUsers', self.aws('s3api', 'get-bucket-acl', '--bucket', 'api'))


class OtherClients(S3Test):
    def test_01_s3cmd(self):
        config = self.file('s3cfg', f'''[default]
access_key = {self.access}
secret_key = {self.secret}
host_base = {self.host}
host_bucket = {self.host}
use_https = False
'''.encode())
        body = bytes_of(16 * MIB, 3)
        path = self.file('s3cmd-file', body)
        for more in ((), ('--signature-v2',)):
            def s3cmd(*words):
                return run('s3cmd', '-c', config, *more, *words)
            bucket = f's3://cmd{len(more)}'
            s3cmd('mb', bucket)
            s3cmd('--multipart-chunk-size-mb=5', 'put', path, f'{bucket}/large file')
            s3cmd('put', self.file('tiny', b'tiny'), f'{bucket}/tiny')
            s3cmd('get', '--force', f'{bucket}/large file', os.path.join(self.folder, 's3cmd-back'))
            self.assertEqual(self.read('s3cmd-back'), body)
            s3cmd('info', f'{bucket}/tiny')
            s3cmd('cp', f'{bucket}/tiny', f'{bucket}/tiny2')
            self.assertIn('tiny2', s3cmd('ls', bucket))
            s3cmd('setacl', '--acl-public', bucket)
            s3cmd('del', '--recursive', '--force', bucket)
            s3cmd('rb', bucket)

    def rclone_config(self):
        return self.file('rclone.conf', f'''[s3]
type = s3
provider = Other
access_key_id = {self.access}
secret_access_key = {self.secret}
endpoint = {self.endpoint}
region = us-east-1

[swift]
type = swift
user = admin
key = secret
auth = {self.cloud.auth_url}
domain = Default
tenant = admin
tenant_domain = Default
auth_version = 3
'''.encode())

    def test_02_rclone_by_both_apis(self):
        config = self.rclone_config()
        source = os.path.join(self.folder, 'tree')
        os.makedirs(os.path.join(source, 'sub'), exist_ok=True)
        for name, size in (('tree/a b', 10), ('tree/sub/ö', 300_000), ('tree/large', 12 * MIB), ('tree/empty', 0)):
            self.file(name, bytes_of(size, size))

        def rclone(*words):
            return run('rclone', '--config', config, *words)
        rclone('mkdir', 's3:rclone')
        rclone('copy', '--s3-upload-cutoff', '5M', '--s3-chunk-size', '5M', source, 's3:rclone/tree')
        rclone('check', '--download', source, 's3:rclone/tree')
        self.assertEqual(len(rclone('lsf', '-R', '--files-only', 's3:rclone/tree').splitlines()), 4)
        rclone('copy', 's3:rclone/tree', os.path.join(self.folder, 'rclone-back'))
        self.assertEqual(self.read('rclone-back/large'), bytes_of(12 * MIB, 12 * MIB))
        # The same objects by Swift's API.
        rclone('check', '--download', source, 'swift:rclone/tree')
        rclone('copyto', self.file('by-swift', b'by swift'), 'swift:rclone/by-swift')
        self.assertEqual(rclone('cat', 's3:rclone/by-swift'), 'by swift')
        rclone('sync', os.path.join(source, 'sub'), 's3:rclone/tree')
        self.assertEqual(rclone('lsf', '-R', '--files-only', 's3:rclone/tree').splitlines(), ['ö'])
        rclone('purge', 's3:rclone')

    def test_03_restic(self):
        source = os.path.join(self.folder, 'precious')
        os.makedirs(source, exist_ok=True)
        for i in range(20):
            self.file(f'precious/{i}', bytes_of(200_000, 100 + i))
        swift = {name: value for name, value in self.cloud.environment().items() if name.startswith('OS_')}
        for repository, more in ((f's3:{self.endpoint}/restic', {}), ('swift:restic-swift:/', swift)):
            env = {**self.environment, **more, 'RESTIC_PASSWORD': 'pw', 'RESTIC_CACHE_DIR': os.path.join(self.folder, 'cache')}

            def restic(*words):
                return run('restic', '-r', repository, *words, env=env)
            restic('init')
            restic('backup', source)
            restic('check', '--read-data')
            target = os.path.join(self.folder, 'restored' + repository[:2])
            restic('restore', 'latest', '--target', target)
            self.assertEqual(self.read(target + os.path.join(source, '7')), bytes_of(200_000, 107))
            restic('forget', '--keep-last', '1', '--prune')


if __name__ == '__main__':
    unittest.main()
