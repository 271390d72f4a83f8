#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of tools/slowest."""
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader(
    'slowest', os.path.join(os.path.dirname(os.path.abspath(__file__)), 'slowest'))
slowest = importlib.util.module_from_spec(importlib.util.spec_from_loader('slowest', loader))
loader.exec_module(slowest)

LOG = '''# ninja log v5
0\t2500\t1\tsrc/a/CMakeFiles/nephele_a.dir/x.cc.o\taa
10\t20\t1\tlib.a\tbb
10\t20\t1\tlib.map\tbb
0\t500\t1\tsrc/a/CMakeFiles/nephele_a.dir/x.cc.o\tcc
0\t1000\t1\tsrc/a/CMakeFiles/test_a.dir/__/__/tests/m.cc.o\tdd
'''


class Slowest(unittest.TestCase):
    def test_log(self):
        self.assertEqual(slowest.read_log(LOG), {
            'src/a/CMakeFiles/nephele_a.dir/x.cc.o': 500, 'lib.a': 10,
            'src/a/CMakeFiles/test_a.dir/__/__/tests/m.cc.o': 1000})

    def test_names(self):
        self.assertEqual(slowest.source_of('src/a/CMakeFiles/nephele_a.dir/x.cc.o'), 'src/a/x.cc')
        self.assertEqual(slowest.source_of('src/a/CMakeFiles/t.dir/__/__/tests/m.cc.o'), 'tests/m.cc')
        self.assertEqual(slowest.source_of('lib.a'), 'lib.a')

    def test_printed(self):
        with tempfile.TemporaryDirectory() as build:
            with open(os.path.join(build, '.ninja_log'), 'w', encoding='utf-8') as file:
                file.write(LOG)
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                self.assertEqual(slowest.main([build, '--count', '2']), 0)
        self.assertEqual(output.getvalue(), 'The slowest of 3 steps, 2 s in all:\n'
                                            '    1.0 s  tests/m.cc\n    0.5 s  src/a/x.cc\n')

    def test_no_log(self):
        with tempfile.TemporaryDirectory() as build, contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(slowest.main([build]), 1)


if __name__ == '__main__':
    unittest.main()
