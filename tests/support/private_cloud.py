# SPDX-License-Identifier: Apache-2.0
"""A private cloud for tests and measurements written in Python: `nephele serve` on the simulated
drivers, a folder and a port of its own. Standard library only.

    with PrivateCloud('build/nephele') as cloud:
        admin = cloud.client()
        admin.ok('GET', '/compute/v2.1/servers')
"""
import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time

PASSWORD = 'private-cloud'


class Refused(Exception):
    def __init__(self, method, path, status, text):
        super().__init__(f'{method} {path} answered {status}: {text[:600]}')
        self.status = status


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Client:
    """One keep-alive connection with a token."""

    def __init__(self, port, token='', timeout=60):
        self.token = token
        self.connection = http.client.HTTPConnection('127.0.0.1', port, timeout=timeout)
        self.headers = {}

    def ask(self, method, path, body=None, headers=None):
        """(status, headers, text). Raises OSError or HTTPException when the cloud is away."""
        all_headers = {'Accept': 'application/json', **self.headers, **(headers or {})}
        if self.token:
            all_headers['X-Auth-Token'] = self.token
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            all_headers.setdefault('Content-Type', 'application/json')
        try:
            self.connection.request(method, path, body=body, headers=all_headers)
            answer = self.connection.getresponse()
            text = answer.read().decode('utf-8', 'replace')
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise
        return answer.status, answer.headers, text

    def ok(self, method, path, body=None, headers=None):
        """The JSON of an answer below 300 (None without a body); raises Refused."""
        status, _, text = self.ask(method, path, body, headers)
        if status >= 300:
            raise Refused(method, path, status, text)
        return json.loads(text) if text else None

    def close(self):
        self.connection.close()


class PrivateCloud:
    def __init__(self, program='build/nephele', settings=(), directory=None, hosts=20):
        self.program = program
        self.own_directory = directory is None
        self.directory = directory or tempfile.mkdtemp(prefix='nephele-private-')
        self.port = free_port()
        self.settings = [f'data.directory="{self.directory}"', f'http.port={self.port}',
                         'neutron.driver="fake"', 'nova.driver="fake"',
                         f'nova.fake_hosts={hosts}', 'log.level="warning"',
                         f'log.file="{self.directory}/nephele.log"', *settings]
        self.process = None
        self.token = ''
        self.project_id = ''

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def arguments(self, *words):
        out = [self.program, *words]
        for setting in self.settings:
            out += ['--set', setting]
        return out

    def start(self, wait=30):
        """Starts the process and waits until it answers; returns the seconds that took."""
        began = time.monotonic()
        self.output = open(os.path.join(self.directory, 'output'), 'ab')
        self.process = subprocess.Popen(
            self.arguments('serve'), stdin=subprocess.DEVNULL, stdout=self.output,
            stderr=self.output, env={**os.environ, 'NEPHELE_ADMIN_PASSWORD': PASSWORD})
        while time.monotonic() - began < wait:
            if self.process.poll() is not None:
                raise RuntimeError(f'nephele serve ended by itself:\n{self.last_lines()}')
            if self.answers():
                return time.monotonic() - began
            time.sleep(0.002)
        raise RuntimeError(f'no answer within {wait} s:\n{self.last_lines()}')

    def answers(self):
        try:
            with socket.create_connection(('127.0.0.1', self.port), timeout=1) as probe:
                probe.sendall(b'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n'
                              b'Connection: close\r\n\r\n')
                return probe.recv(64).startswith(b'HTTP/1.1 200')
        except OSError:
            return False

    def kill(self):
        """SIGKILL: what a crash or a power cut of the process is."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.output.close()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        if self.process and not self.output.closed:
            self.output.close()

    def close(self):
        self.stop()
        if self.own_directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    def last_lines(self, count=30):
        lines = []
        for name in ('output', 'nephele.log'):
            try:
                with open(os.path.join(self.directory, name), errors='replace') as file:
                    lines += file.read().splitlines()[-count:]
            except FileNotFoundError:
                pass
        return '\n'.join(lines)

    def login_body(self, user='admin', project='admin'):
        domain = {'id': 'default'}
        return {'auth': {
            'identity': {'methods': ['password'],
                         'password': {'user': {'name': user, 'domain': domain,
                                               'password': PASSWORD}}},
            'scope': {'project': {'name': project, 'domain': domain}}}}

    def login(self):
        """Keeps an administrator's token; tokens outlive the process."""
        status, headers, text = Client(self.port).ask('POST', '/identity/v3/auth/tokens',
                                                      self.login_body())
        if status != 201:
            raise Refused('POST', '/identity/v3/auth/tokens', status, text)
        self.token = headers['X-Subject-Token']
        self.project_id = json.loads(text)['token']['project']['id']
        return self.token

    def client(self):
        if not self.token:
            self.login()
        return Client(self.port, self.token)

    # What the kernel says of the process.

    def cpu_seconds(self):
        """User and system time of the whole process so far, ended threads included: the kernel's
        clock of that process (clock_getcpuclockid), finer than the ticks of /proc/PID/stat."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def memory_mb(self, key='VmRSS'):
        with open(f'/proc/{self.process.pid}/status') as file:
            for line in file:
                if line.startswith(key + ':'):
                    return int(line.split()[1]) / 1024
        return 0

    def forget_peak_memory(self):
        with open(f'/proc/{self.process.pid}/clear_refs', 'w') as file:
            file.write('5')


def lift_quotas(cloud):
    """Of the administrator's project: so many servers and ports as a test likes."""
    admin = cloud.client()
    admin.ok('PUT', f'/network/v2.0/quotas/{cloud.project_id}',
             {'quota': {'port': -1}})
    status, _, _ = admin.ask('PUT', f'/compute/v2.1/os-quota-sets/{cloud.project_id}',
                             {'quota_set': {'instances': -1, 'cores': -1, 'ram': -1}})
    if status != 200:
        with sqlite3.connect(f'{cloud.directory}/nephele.db', timeout=10) as database:
            database.executemany('INSERT INTO nova_quotas VALUES (?, ?, -1)',
                                 [(cloud.project_id, each) for each in ('instances', 'cores', 'ram')])


def check(cloud):
    """Runs `nephele check`; returns (clean, text)."""
    done = subprocess.run(cloud.arguments('check'), capture_output=True, text=True, timeout=60)
    return done.returncode == 0, done.stdout + done.stderr
