# SPDX-License-Identifier: Apache-2.0
"""tools/new_service on a copy of the tree: what it makes keeps the house rules, compiles, and is listed everywhere."""
import contextlib
import io
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import unittest

TOOLS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(TOOLS)
sys.dont_write_bytecode = True
sys.path.insert(0, TOOLS)
from layers import rules  # noqa: E402

WORDS = ['almanac', '--type', 'calendar', '--prefix', '/almanac', '--path', '/v2', '--port', '8999', '--resource', 'leap_day']


class NewService(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp()
        for folder in ('src', 'tests', 'docs', 'tools'):
            shutil.copytree(os.path.join(ROOT, folder), os.path.join(cls.root, folder), symlinks=True)
        shutil.copy(os.path.join(ROOT, 'CMakeLists.txt'), cls.root)
        cls.run_tool = staticmethod(runpy.run_path(os.path.join(TOOLS, 'new_service'))['main'])
        with contextlib.redirect_stdout(io.StringIO()):
            cls.run_tool(WORDS + ['--root', cls.root])

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    def text(self, path):
        with open(os.path.join(self.root, path), encoding='utf-8') as file:
            return file.read()

    def test_keeps_the_house_rules(self):
        tree = rules.Tree(self.root)
        found = [finding for finding in rules.check(tree) if 'almanac' in str(finding)]
        self.assertEqual(found, [])
        self.assertIn('src/services/almanac/api/leap_days.cc', tree.files)

    def test_is_listed(self):
        self.assertIn('almanac)', self.text('src/services/CMakeLists.txt'))
        self.assertIn('nephele_almanac)', self.text('src/main/CMakeLists.txt'))
        program = self.text('src/main/services.cc')
        self.assertIn('#include "services/almanac/service.h"', program)
        self.assertIn('almanac::service()}', program)
        self.assertIn('| `/almanac/v2`, 8999 | `src/services/almanac` |', self.text('docs/map.md'))

    def test_compiles(self):
        folder = os.path.join(self.root, 'src/services/almanac')
        sources = sorted(os.path.join(where, name) for where, _, names in os.walk(folder) for name in names
                         if name.endswith('.cc'))
        together = os.path.join(self.root, 'together.cc')
        with open(together, 'w', encoding='utf-8') as file:
            file.writelines(f'#include "{source}"\n' for source in sources)
        result = subprocess.run(
            [os.environ.get('CXX', 'g++'), '-std=c++20', '-fsyntax-only', '-Wall', '-Wextra', '-Werror',
             '-Wno-missing-field-initializers', '-I', os.path.join(self.root, 'src'), '-I', self.root,
             '-include', 'base/pch.h', together], text=True, stderr=subprocess.PIPE)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_refuses(self):
        for words in (WORDS, ['Big-Name'] + WORDS[1:], ['other'] + WORDS[1:3] + ['--prefix', 'almanac/'] + WORDS[5:]):
            with self.subTest(words), contextlib.redirect_stderr(io.StringIO()), self.assertRaises(SystemExit):
                self.run_tool(words + ['--root', self.root])


if __name__ == '__main__':
    unittest.main()
