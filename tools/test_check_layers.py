#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of tools/check_layers: every rule with a text that breaks it and one that does not."""
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import subprocess
import sys
import tempfile
import textwrap
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from layers import cpp_scan, rules  # noqa: E402

loader = importlib.machinery.SourceFileLoader('check_layers', os.path.join(HERE, 'check_layers'))
check_layers = importlib.util.module_from_spec(
    importlib.util.spec_from_loader('check_layers', loader))
loader.exec_module(check_layers)


def source(body=''):
    return rules.SPDX + '\n' + textwrap.dedent(body)


def header(body=''):
    return rules.SPDX + '\n#pragma once\n' + textwrap.dedent(body)


class TreeCase(unittest.TestCase):
    """Writes small trees into a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, 'w', encoding='utf-8') as file:
            file.write(text)

    def findings(self, files, listed=True):
        """`path:line: message` of this tree; every .cc is listed unless said otherwise."""
        for path, text in files.items():
            self.write(path, text)
        if listed:
            names = [path for path in files if path.endswith('.cc')]
            self.write('CMakeLists.txt', f'add_library(all {" ".join(names)})')
        return [str(finding) for finding in rules.check(rules.Tree(self.root))]

    def assert_found(self, files, *beginnings, listed=True):
        found = self.findings(files, listed)
        self.assertEqual(len(found), len(beginnings), found)
        for text, beginning in zip(found, beginnings):
            self.assertTrue(text.startswith(beginning), f'{text!r} is not {beginning!r}')

    def assert_clean(self, files, listed=True):
        self.assertEqual(self.findings(files, listed), [])


class Layers(TreeCase):
    def test_upward_include(self):
        self.assert_found({'src/platform/db/db.h': header(),
                           'src/base/time.cc': source('#include "platform/db/db.h"\n')},
                          'src/base/time.cc:2: base must not include platform')

    def test_downward_include(self):
        self.assert_clean({'src/base/time.h': header(),
                           'src/platform/db/db.cc': source('#include "base/time.h"\n')})

    def test_tests_obey_too(self):
        self.assert_found({'src/services/nova/client.h': header(),
                           'src/platform/db/db_test.cc':
                               source('#include "services/nova/client.h"\n')},
                          'src/platform/db/db_test.cc:2: platform must not include services')

    def test_unknown_layer(self):
        self.assert_found({'src/extra/a.cc': source()}, 'src/extra/a.cc:1: src/extra is no layer')

    def test_circle_in_platform(self):
        self.assert_found({'src/platform/a/a.h': header('#include "platform/b/b.h"\n'),
                           'src/platform/b/b.h': header('#include "platform/a/a.h"\n')},
                          'src/platform/b/b.h:3: platform folders include one another in a circle: '
                          'a -> b -> a')

    def test_path_from_src(self):
        self.assert_found({'src/platform/a/a.h': header(),
                           'src/platform/a/a.cc': source('#include "a.h"\n')},
                          'src/platform/a/a.cc:2: no file src/a.h: write the path from src/')


class Services(TreeCase):
    def include(self, path, name):
        return {path: source(f'#include "{name}"\n'), 'src/' + name: header()}

    def test_order_of_folders(self):
        for folder, target in [('model', 'store'), ('logic', 'store'), ('store', 'drivers'),
                               ('drivers', 'ops'), ('ops', 'api'), ('api', 'tasks'),
                               ('tasks', 'api')]:
            with self.subTest(folder=folder, target=target):
                self.setUp()
                self.assert_found(
                    self.include(f'src/services/nova/{folder}/a.cc', f'services/nova/{target}/b.h'),
                    f'src/services/nova/{folder}/a.cc:2: {folder}/ must not include {target}/')

    def test_allowed_order(self):
        for folder, target in [('logic', 'model'), ('store', 'model'), ('ops', 'drivers'),
                               ('ops', 'logic'), ('api', 'ops'), ('tasks', 'store'),
                               ('store', 'store')]:
            with self.subTest(folder=folder, target=target):
                self.setUp()
                self.assert_clean(
                    self.include(f'src/services/nova/{folder}/a.cc', f'services/nova/{target}/b.h'))

    def test_top_files_tie_together(self):
        self.assert_clean(self.include('src/services/nova/service.cc', 'services/nova/api/b.h'))
        self.setUp()
        self.assert_found(self.include('src/services/nova/ops/a.cc', 'services/nova/service.h'),
                          'src/services/nova/ops/a.cc:2: ops/ must not include services/nova/service.h')
        self.setUp()
        self.assert_clean(self.include('src/services/nova/ops/a.cc', 'services/nova/client.h'))

    def test_tests_of_a_service_are_free_inside_it(self):
        self.assert_clean(self.include('src/services/nova/logic/a_test.cc',
                                       'services/nova/store/b.h'))
        self.setUp()
        self.assert_clean(self.include('src/services/nova/test/a.cc', 'services/nova/api/b.h'))

    def test_unknown_folder(self):
        self.assert_found({'src/services/nova/utils/a.cc': source()},
                          'src/services/nova/utils/a.cc:1: utils/ is no folder of a service')

    def test_pure_logic(self):
        self.assert_found(self.include('src/services/nova/logic/a.cc', 'platform/db/db.h'),
                          'src/services/nova/logic/a.cc:2: logic/ must not include platform/db/db.h')

    def test_doors(self):
        self.assert_found(self.include('src/services/nova/ops/a.cc', 'services/cinder/store/b.h'),
                          'src/services/nova/ops/a.cc:2: services/cinder/store/b.h belongs to cinder')
        self.setUp()
        self.assert_found(self.include('src/services/nova/ops/a.cc', 'services/cinder/service.h'),
                          'src/services/nova/ops/a.cc:2: services/cinder/service.h belongs to cinder')
        self.setUp()
        self.assert_clean(self.include('src/services/nova/ops/a.cc', 'services/cinder/client.h'))
        self.setUp()
        self.assert_clean(self.include('src/main/main.cc', 'services/cinder/service.h'))

    def test_engines(self):
        for path in ('src/services/nova/drivers/a.cc', 'src/services/nova/agent/a.cc',
                     'src/main/agent.cc', 'src/engines/ovn/a.cc'):
            with self.subTest(path=path):
                self.setUp()
                self.assert_clean(self.include(path, 'engines/libvirt/domain.h'))
        self.setUp()
        self.assert_found(self.include('src/services/nova/ops/a.cc', 'engines/libvirt/domain.h'),
                          'src/services/nova/ops/a.cc:2: engines/libvirt/domain.h: only drivers/')


class Headers(TreeCase):
    def test_heavy(self):
        self.assert_found({'src/platform/log/log.cc': source('#include <rapidjson/reader.h>\n')},
                          'src/platform/log/log.cc:2: <rapidjson/reader.h> is allowed only in '
                          'src/platform/json/json.cc: use platform/json/json.h')
        self.setUp()
        self.assert_clean({'src/platform/json/json.cc': source('#include <rapidjson/reader.h>\n')})

    def test_heavy_never_in_public_headers(self):
        self.assert_found({'src/platform/db/db.h': header('#include <sqlite3.h>\n')},
                          'src/platform/db/db.h:3: <sqlite3.h> is allowed only in')

    def test_header_over_heavy_one_is_private(self):
        self.assert_found({'src/platform/http/transport.h': header('#include <boost/asio.hpp>\n'),
                           'src/platform/http/edge.cc':
                               source('#include "platform/http/transport.h"\n'),
                           'src/platform/api/a.cc':
                               source('#include "platform/http/transport.h"\n')},
                          'src/platform/api/a.cc:2: platform/http/transport.h includes a costly')

    def test_forbidden_in_headers(self):
        for name in rules.NOT_IN_HEADERS:
            with self.subTest(name=name):
                self.setUp()
                self.assert_found({'src/base/a.h': header(f'#include <{name}>\n'),
                                   'src/main/b.cc': source('#include "base/a.h"\n')},
                                  f'src/base/a.h:3: <{name}> costs every file')
        self.setUp()
        self.assert_clean({'src/base/a.cc': source('#include <sstream>\n')})

    def test_thread_in_a_private_header(self):
        files = {'src/platform/a/a.h': header('#include <thread>\n'),
                 'src/platform/a/a.cc': source('#include "platform/a/a.h"\n')}
        self.assert_clean(files)
        self.assert_found({**files, 'src/main/b.cc': source('#include "platform/a/a.h"\n')},
                          'src/platform/a/a.h:3: <thread>')


class Files(TreeCase):
    def test_head(self):
        self.assert_found({'src/base/a.cc': '// Something.\n'},
                          'src/base/a.cc:1: the first line must be // SPDX')
        self.setUp()
        self.assert_found({'src/base/a.h': source('int a;\n')}, 'src/base/a.h:2: after the opening')

    def test_sizes(self):
        self.assert_found({'src/base/a.cc': source('\n' * 800)}, 'src/base/a.cc:800: 801 lines')
        self.setUp()
        self.assert_found({'src/base/a.h': header('\n' * 299)}, 'src/base/a.h:300: 301 lines')
        self.setUp()
        self.assert_found({'src/base/a.cc': source('\n' * 799), 'src/base/a.h': header('\n' * 298)},
                          'src/base/a.cc:400: warning: 800 lines',
                          'src/base/a.h:150: warning: 300 lines')
        self.setUp()
        self.assert_clean({'src/base/a.cc': source('\n' * 399), 'src/base/a.h': header('\n' * 148)})

    def test_width(self):
        wide, url = 'int ' + 'a' * 96 + ';\n', '// https://example.org/' + 'a' * 100 + '\n'
        self.assert_found({'src/base/a.cc': source(wide)}, 'src/base/a.cc:2: 101 columns')
        self.setUp()
        raw = 'auto a = R"(\n' + 'a' * 120 + '\n)";\n'
        umlauts = '// ' + 'ü' * 97 + '\n'
        self.assert_clean({'src/base/a.cc': source(url + raw + umlauts)})

    def test_catch_all(self):
        text = source('void f() {\n    try {\n    } catch (...) {\n    }\n}\n')
        self.assert_found({'src/base/a.cc': text}, 'src/base/a.cc:4: catch (...) hides faults')
        self.setUp()
        self.assert_clean({'src/base/pool.cc': text,
                           'src/base/a.cc': source('// catch (...)\nauto a = "catch (...)";\n')})

    def test_reminders(self):
        word = 'TO' + 'DO'
        self.assert_found({'src/base/a.cc': source(f'// {word}: later\n')},
                          f'src/base/a.cc:2: {word}: do it')

    def test_listed(self):
        files = {'src/base/a.cc': source(), 'src/base/b.cc': source(), 'tests/c.cc': source(),
                 'src/base/CMakeLists.txt': 'nephele_module(base SOURCES a.cc # b.cc\n'
                                            '  TESTS ${CMAKE_SOURCE_DIR}/tests/c.cc)\n'}
        self.assert_found(files, 'src/base/b.cc:1: no CMakeLists.txt names this file', listed=False)


class Map(TreeCase):
    def test_paths_exist_and_folders_are_named(self):
        self.assert_found({'docs/map.md': '`src/base`\n`src/gone`, `client.h`\n',
                           'src/base/a.h': header(), 'src/platform/db/db.h': header()},
                          'docs/map.md:1: warning: src/platform/db is missing',
                          'docs/map.md:2: src/gone does not exist')
        self.assert_clean({'docs/map.md': '`src/base`, `src/platform/db/`\n'})


class Functions(unittest.TestCase):
    def names(self, text):
        return [(f.name, f.line, f.lines) for f in cpp_scan.functions(textwrap.dedent(text))]

    def test_kinds(self):
        self.assertEqual(self.names('''\
            namespace a {
            struct S : B<int> {
                S() : x_{1}, y_(2) {
                    f();
                }
                int get() const { return x_; }
              private:
                bool operator()(int a) const {
                    return a;
                }
            };
            enum class E { one, two };
            constexpr int table[] = {
                1,
            };
            template <class T, class = void>
            auto generic(T t = {}, std::map<int, int> m = {{1, 2}})
                -> int {
                if (t) {
                    return 1;
                }
                return 2;
            }
            const auto lambda = [](int a) {
                return a;
            };
            }  // namespace a
            '''), [('S', 3, 3), ('get', 6, 1), ('operator()', 8, 3), ('generic', 16, 8),
                 ('lambda', 24, 3)])

    def test_literals_do_not_confuse(self):
        self.assertEqual(self.names('''\
            void f() {
                g("}", '}', R"x(}")x"); // }
                int big = 1'000'000; /* } */
            }
            #define OPEN {
            void h() {}
            '''), [('f', 1, 4), ('h', 6, 1)])

    def test_subcases_count_alone(self):
        self.assertEqual(self.names('''\
            TEST_CASE("a") {
                int x;
                SUBCASE("b {") {
                    if (x) {
                    }
                }
            }
            '''), [('SUBCASE', 3, 4), ('TEST_CASE', 1, 3)])

    def test_limit(self):
        for body_lines, found in [(68, 0), (69, 1)]:
            file = rules.File('src/base/a.cc', source('void f() {\n' + 'g();\n' * body_lines + '}\n'))
            findings = list(rules.function_size(file, None))
            self.assertEqual(len(findings), found)
        self.assertEqual(str(findings[0]), 'src/base/a.cc:2: f has 71 lines, the limit is 70: '
                                           'name its parts as functions')


class Command(TreeCase):
    def run_main(self, *arguments):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            status = check_layers.main(['--root', self.root, *arguments])
        return status, output.getvalue()

    def git(self, *arguments):
        subprocess.run(['git', '-C', self.root, '-c', 'user.name=t', '-c', 'user.email=t@localhost',
                        *arguments], check=True, stdout=subprocess.DEVNULL)

    def test_status(self):
        self.write('src/base/a.h', header())
        self.assertEqual(self.run_main(), (0, 'check_layers: 1 files, 0 errors, 0 warnings\n'))
        self.write('src/base/a.h', header('\n' * 200))
        self.assertEqual(self.run_main()[0], 0)
        self.write('src/base/b.h', '')
        self.assertEqual(self.run_main()[0], 1)

    def test_changed(self):
        self.write('src/base/a.h', '')
        self.git('init', '-q', '-b', 'main')
        self.git('add', '-A')
        self.git('commit', '-q', '-m', 'a')
        self.assertEqual(self.run_main()[0], 1)
        self.assertEqual(self.run_main('--changed')[0], 0)
        self.write('src/base/b.h', '')
        status, text = self.run_main('--changed')
        self.assertEqual(status, 1)
        self.assertIn('src/base/b.h:1:', text)
        self.assertNotIn('src/base/a.h', text)

    def test_headers(self):
        self.write('src/base/a.h', header('inline int a() { return 1; }\n'))
        self.assertEqual(self.run_main('--headers'), (0, '1 headers compile alone\n'))
        self.write('src/base/b.h', header('std::string b();\n'))
        status, text = self.run_main('--headers')
        self.assertEqual(status, 1)
        self.assertIn('src/base/b.h:1: does not compile alone', text)
        self.assertNotIn('src/base/a.h:1', text)


if __name__ == '__main__':
    unittest.main()
