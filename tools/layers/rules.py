# SPDX-License-Identifier: Apache-2.0
"""The house rules of the C++ tree, one function each. A rule yields Findings; check_layers prints them.

What is allowed where stands in the tables at the top: change a table when the design changes, and say
why in the commit.
"""
import fnmatch
import os
import re
from dataclasses import dataclass

from layers import cpp_scan

LAYERS = ['base', 'platform', 'engines', 'services', 'main']
# Inside a service: a folder may include folders of a lower rank, its own, and nothing beside it.
# compute: the makers of nova's agents; ring, storage, proxy, s3: the parts of swift's engine.
SERVICE_RANKS = {'model': 0, 'logic': 1, 'store': 1, 'drivers': 1, 'agent': 1, 'ring': 1, 'storage': 1,
                 'ops': 2, 'compute': 2, 'proxy': 2, 'api': 3, 's3': 3, 'tasks': 3, 'test': 9}
ENGINE_USERS = {'drivers', 'agent', 'agents', 'compute', 'test'}
# logic/ decides from values alone.
NOT_IN_LOGIC = ['platform/' + part + '/' for part in
                ('db', 'http', 'context', 'journal', 'operation', 'agent', 'task', 'api')]

# Costly third-party headers and the only files that may include them.
HEAVY = {
    'boost/': ['src/platform/http/*.cc', 'src/platform/http/transport.h'],
    'rapidjson/': ['src/platform/json/json.cc'],
    'curl/': ['src/platform/http/*.cc'],
    'sqlite3.h': ['src/platform/db/sqlite*.cc'],
    'libpq-fe.h': ['src/platform/db/postgres*.cc'],
    'postgresql/': ['src/platform/db/postgres*.cc'],
    'openssl/': ['src/platform/http/*.cc', 'src/platform/crypto/*.cc'],
    'crypt.h': ['src/platform/crypto/*.cc'],
    'argon2.h': ['src/platform/crypto/*.cc'],
    'yaml.h': ['src/platform/yaml/yaml.cc'],
    're2/': ['src/platform/pattern/pattern.cc'],
    'libxml/': ['src/platform/xml/xml.cc'],
    'xmlsec/': ['src/platform/xml/xml.cc'],
    'libvirt/': ['src/engines/libvirt/*.cc'],
    'ldap.h': ['src/engines/ldap/ldap.cc'],
    'lmdb.h': ['src/services/swift/storage/*.cc'],
    'nlohmann/': [], 'gtest/': [], 'catch2/': [],
}
REPLACEMENT = {'boost/': 'platform/http/http.h', 'rapidjson/': 'platform/json/json.h',
               'nlohmann/': 'platform/json/json.h', 'curl/': 'platform/http/',
               'sqlite3.h': 'platform/db/db.h', 'libpq-fe.h': 'platform/db/db.h',
               'postgresql/': 'platform/db/db.h', 'openssl/': 'platform/crypto/',
               'crypt.h': 'platform/crypto/', 'argon2.h': 'platform/crypto/',
               'yaml.h': 'platform/yaml/yaml.h', 're2/': 'platform/pattern/pattern.h',
               'libvirt/': 'engines/libvirt/', 'ldap.h': 'engines/ldap/ldap.h',
               'libxml/': 'platform/xml/xml.h', 'xmlsec/': 'platform/xml/xml.h',
               'gtest/': '<doctest/doctest.h>', 'catch2/': '<doctest/doctest.h>'}

# Standard headers that cost every includer dearly, and what a header uses instead.
NOT_IN_HEADERS = {'iostream': 'platform/log/log.h', 'sstream': 'base/strings.h (format)',
                  'regex': 'a hand-written reader in the .cc file', 'filesystem': 'std::string paths',
                  'chrono': 'base/time.h', 'thread': 'base/pool.h', 'ranges': '<algorithm>'}
HEADER_EXCEPTIONS = ['src/base/pch.h']

# Loops that keep running or hand the exception on; everywhere else `catch (...)` hides faults.
CATCH_ALL_FILES = ['src/base/pool.cc', 'src/platform/db/group_writer.cc', 'src/platform/http/*.cc',
                   'src/platform/api/dispatch*.cc', 'src/platform/operation/runner*.cc',
                   'src/platform/task/*.cc', 'src/platform/agent/*.cc', 'src/main/*.cc']

SOURCE_LIMIT, SOURCE_WARNING = 800, 400
HEADER_LIMIT, HEADER_WARNING = 300, 150
FUNCTION_LIMIT = 70
WIDTH_LIMIT = 100
SPDX = '// SPDX-License-Identifier: Apache-2.0'


@dataclass(order=True)
class Finding:
    path: str
    line: int
    message: str
    warning: bool = False

    def __str__(self):
        return f'{self.path}:{self.line}: {"warning: " if self.warning else ""}{self.message}'


class File:
    """One C++ file; `path` is relative to the repository and uses slashes."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.lines = text.split('\n')[:-1] if text.endswith('\n') else text.split('\n')
        self.is_header = path.endswith('.h')
        self.is_test = path.endswith('_test.cc') or '/test/' in path or path.startswith('tests/')
        self.includes = cpp_scan.includes(text)


class Tree:
    """All C++ files under src/ and tests/, and what the CMakeLists.txt files name."""

    def __init__(self, root):
        self.root = root
        self.files = {}
        self.listed = set()
        for top in ('src', 'tests'):
            for folder, folders, names in os.walk(os.path.join(root, top)):
                folders[:] = sorted(f for f in folders if not f.startswith(('.', 'build')))
                for name in sorted(names):
                    self._add(os.path.join(folder, name))
        top_list = os.path.join(root, 'CMakeLists.txt')
        if os.path.exists(top_list):
            self._add(top_list)
        map_path = os.path.join(root, 'docs', 'map.md')
        self.map = None
        if os.path.exists(map_path):
            with open(map_path, encoding='utf-8') as file:
                self.map = file.read()

    def _add(self, full):
        path = os.path.relpath(full, self.root).replace(os.sep, '/')
        if full.endswith(('.cc', '.h')):
            with open(full, encoding='utf-8', errors='replace') as file:
                self.files[path] = File(path, file.read())
        elif os.path.basename(full) == 'CMakeLists.txt':
            with open(full, encoding='utf-8') as file:
                text = re.sub(r'#[^\n]*', '', file.read())
            for word in re.findall(r'[^\s()"]+\.cc\b', text):
                word = re.sub(r'^\$\{(CMAKE_SOURCE_DIR|PROJECT_SOURCE_DIR)\}/', '/', word)
                word = re.sub(r'^\$\{CMAKE_CURRENT_SOURCE_DIR\}/', '', word)
                base = '' if word.startswith('/') else os.path.dirname(path)
                self.listed.add(os.path.normpath(os.path.join(base, word.lstrip('/'))))

    def is_private(self, file):
        """True when only files of its own folder include this header."""
        name, folder = file.path.removeprefix('src/'), os.path.dirname(file.path)
        return not any(include.name == name and os.path.dirname(other.path) != folder
                       for other in self.files.values() for include in other.includes)


def _allowed(path, patterns):
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


def _layer(path):
    """('platform', 'json') of src/platform/json/json.h or platform/json/json.h."""
    parts = path.removeprefix('src/').split('/')
    return parts[0], parts[1] if len(parts) > 2 else ''


def layer_direction(file, tree):
    """base <- platform <- engines <- services <- main."""
    if not file.path.startswith('src/'):
        return
    own, _ = _layer(file.path)
    if file.path.count('/') > 1 and own not in LAYERS:
        yield Finding(file.path, 1, f'src/{own} is no layer; the layers are {" ".join(LAYERS)}')
        return
    for include in file.includes:
        other, _ = _layer(include.name)
        if not include.quoted or own not in LAYERS or other not in LAYERS:
            continue
        if LAYERS.index(other) > LAYERS.index(own):
            yield Finding(file.path, include.line,
                          f'{own} must not include {other} ({include.name}): pass in what is '
                          f'needed, or declare an interface in {own}/ that {other}/ implements')


def service_direction(file, tree):
    """Inside a service model <- {logic, store, drivers} <- ops <- {api, tasks}."""
    parts = file.path.split('/')
    if parts[:2] != ['src', 'services'] or len(parts) < 4 or file.is_test:
        return
    service, folder = parts[2], parts[3] if len(parts) > 4 else ''
    if folder and folder not in SERVICE_RANKS:
        yield Finding(file.path, 1, f'{folder}/ is no folder of a service; they are '
                                    f'{" ".join(SERVICE_RANKS)}')
        return
    for include in file.includes:
        other = include.name.split('/')
        if not include.quoted or not folder:
            continue
        if folder == 'logic' and include.name.startswith(tuple(NOT_IN_LOGIC)):
            yield Finding(file.path, include.line,
                          f'logic/ must not include {include.name}: it decides from values alone; '
                          f'read in api/ or ops/ through store/ and pass the records')
        if other[0] != 'services' or len(other) < 3 or other[1] != service:
            continue
        target = other[2] if len(other) > 3 else ''
        if other[2:] == ['client.h']:
            continue  # its types are the service's own
        if not target:
            yield Finding(file.path, include.line,
                          f'{folder}/ must not include {include.name}: the files at the top of a '
                          f'service tie it together; move the shared part into model/ or logic/')
        elif target != folder and SERVICE_RANKS.get(target, 9) >= SERVICE_RANKS[folder]:
            yield Finding(file.path, include.line,
                          f'{folder}/ must not include {target}/ ({include.name}): inside a service '
                          f'model <- logic, store, drivers <- ops <- api, tasks; move the shared '
                          f'part down')


def service_doors(file, tree):
    """A service is reached from outside through its client.h, by main and by tests (which run
    several services together) also through service.h. The simulation plays the hosts, so it speaks
    what services and hosts share: records of model/."""
    parts = file.path.split('/')
    own = parts[2] if parts[:2] == ['src', 'services'] and len(parts) > 3 else ''
    if parts[0] != 'src':
        return
    together = parts[1] == 'main' or 'test' in parts
    doors = {'client.h', 'service.h'} if together else {'client.h'}
    for include in file.includes:
        other = include.name.split('/')
        if not include.quoted or other[0] != 'services' or len(other) < 3 or other[1] == own:
            continue
        spoken = parts[1:3] == ['main', 'sim'] and other[2] == 'model'
        if not spoken and (len(other) > 3 or other[2] not in doors):
            yield Finding(file.path, include.line,
                          f'{include.name} belongs to {other[1]}: include services/{other[1]}/'
                          f'client.h and add a function there')


def engine_users(file, tree):
    """Only drivers, agents and main touch outside programs."""
    parts = file.path.split('/')
    if parts[0] != 'src' or parts[1] in ('engines', 'main') or ENGINE_USERS & set(parts[2:-1]):
        return
    for include in file.includes:
        if include.quoted and include.name.startswith('engines/'):
            yield Finding(file.path, include.line,
                          f'{include.name}: only drivers/, agents and main include engines/; call '
                          f'the driver interface in drivers/ instead')


def platform_cycles(tree):
    """The folders of platform/ include one another in one direction."""
    edges = {}
    for file in tree.files.values():
        own = _layer(file.path)
        for include in file.includes:
            other = _layer(include.name)
            if file.path.startswith('src/platform/') and include.quoted and not file.is_test \
                    and own[0] == other[0] == 'platform' and own != other:
                edges.setdefault(own[1], {}).setdefault(other[1], (file.path, include.line))
    finished = set()

    def visit(part, trail):
        if part in trail:
            circle = trail[trail.index(part):] + [part]
            path, line = edges[trail[-1]][part]
            yield Finding(path, line, 'platform folders include one another in a circle: '
                          + ' -> '.join(circle) + '; move the shared part down')
        elif part not in finished:
            for other in sorted(edges.get(part, {})):
                yield from visit(other, trail + [part])
            finished.add(part)

    for part in sorted(edges):
        yield from visit(part, [])


def heavy_headers(file, tree):
    """Costly third-party headers stay in their wrapper, and so does a header that includes one."""
    for include in file.includes:
        for prefix, wrappers in HEAVY.items():
            hit = include.name == prefix or (prefix.endswith('/') and
                                             include.name.startswith(prefix))
            if hit and not include.quoted and not _allowed(file.path, wrappers):
                yield Finding(file.path, include.line,
                              f'<{include.name}> is allowed only in '
                              f'{", ".join(wrappers) or "no file"}: use {REPLACEMENT[prefix]}')
        behind = tree.files.get('src/' + include.name) if include.quoted else None
        if behind and os.path.dirname(behind.path) != os.path.dirname(file.path) and any(
                _allowed(behind.path, w) for w in HEAVY.values()):
            yield Finding(file.path, include.line,
                          f'{include.name} includes a costly third-party header and is private to '
                          f'its folder: use the folder\'s public header')


def headers_are_light(file, tree):
    if not file.is_header or file.path in HEADER_EXCEPTIONS:
        return
    for include in file.includes:
        if include.name == 'thread' and tree.is_private(file):
            continue  # the class that owns a thread; nobody outside the folder pays
        if not include.quoted and include.name in NOT_IN_HEADERS:
            yield Finding(file.path, include.line, f'<{include.name}> costs every file that includes '
                          f'this header: use {NOT_IN_HEADERS[include.name]}')


def includes_resolve(file, tree):
    """Quoted includes are written from src/, so that a search for the path finds every user."""
    for include in file.includes:
        if include.quoted and 'src/' + include.name not in tree.files \
                and include.name not in tree.files:
            yield Finding(file.path, include.line,
                          f'no file src/{include.name}: write the path from src/')


def file_head(file, tree):
    if not file.lines or file.lines[0] != SPDX:
        yield Finding(file.path, 1, f'the first line must be {SPDX}')
    code = [line for line in file.lines if line.strip() and not line.startswith('//')]
    if file.is_header and code[:1] != ['#pragma once']:
        yield Finding(file.path, 2, 'after the opening comment a header must say #pragma once')


def file_size(file, tree):
    count = len(file.lines)
    hard, soft = (HEADER_LIMIT, HEADER_WARNING) if file.is_header else (SOURCE_LIMIT, SOURCE_WARNING)
    if count > hard:
        yield Finding(file.path, hard, f'{count} lines, the limit is {hard}: split by verb or by '
                                       f'sub-resource')
    elif count > soft:
        yield Finding(file.path, soft, f'{count} lines, over {soft} is a smell', warning=True)


def function_size(file, tree):
    for function in cpp_scan.functions(file.text):
        if function.lines > FUNCTION_LIMIT:
            yield Finding(file.path, function.line,
                          f'{function.name} has {function.lines} lines, the limit is '
                          f'{FUNCTION_LIMIT}: name its parts as functions')


def line_width(file, tree):
    raw = cpp_scan.raw_string_lines(file.text)
    for number, line in enumerate(file.lines, 1):
        if len(line) > WIDTH_LIMIT and number not in raw and '://' not in line:
            yield Finding(file.path, number, f'{len(line)} columns, the limit is {WIDTH_LIMIT}: run '
                                             f'make format')


def no_catch_all(file, tree):
    if _allowed(file.path, CATCH_ALL_FILES):
        return
    code = cpp_scan.blank_literals(file.text)
    for match in re.finditer(r'catch\s*\(\s*\.\.\.\s*\)', code):
        yield Finding(file.path, code.count('\n', 0, match.start()) + 1,
                      'catch (...) hides faults: catch Failure or EngineFailure, or let it pass to '
                      'the dispatcher or runner')


def no_reminders(file, tree):
    for number, line in enumerate(file.lines, 1):
        match = re.search(r'\b(TODO|FIXME|XXX)\b', line)
        if match:
            yield Finding(file.path, number, f'{match.group()}: do it, or write it down in the '
                                             f'service\'s README.md')


def sources_are_listed(tree):
    for path in tree.files:
        if path.endswith('.cc') and path not in tree.listed:
            yield Finding(path, 1, 'no CMakeLists.txt names this file: add it to the module\'s list '
                                   '(nephele_module)')


def map_is_true(tree):
    """docs/map.md names what there is: each path it mentions, and each folder of the layers."""
    path = 'docs/map.md'
    if tree.map is None:
        return
    named = set()
    for number, line in enumerate(tree.map.split('\n'), 1):
        for name in re.findall(r'`((?:src|tests|tools|docs|web)/[\w./-]*)`', line):
            named.add(name.rstrip('/'))
            if not os.path.exists(os.path.join(tree.root, name)):
                yield Finding(path, number, f'{name} does not exist')
    folders = {'/'.join(file.split('/')[:3]) for file in tree.files
               if re.match(r'src/(platform|engines|services)/[^/]+/', file)}
    for folder in sorted(folders - named):
        yield Finding(path, 1, f'{folder} is missing: add a line for it', warning=True)


FILE_RULES = [layer_direction, service_direction, service_doors, engine_users, heavy_headers,
              headers_are_light, includes_resolve, file_head, file_size, function_size, line_width,
              no_catch_all, no_reminders]
TREE_RULES = [platform_cycles, sources_are_listed, map_is_true]


def check(tree):
    """All findings, sorted."""
    findings = [finding for rule in TREE_RULES for finding in rule(tree)]
    for file in tree.files.values():
        for rule in FILE_RULES:
            findings.extend(rule(file, tree))
    return sorted(findings)
