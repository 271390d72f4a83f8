# SPDX-License-Identifier: Apache-2.0
"""Runs the end-to-end tests in their order and says how long each took; tests/e2e/run starts it.

The methods of a class run in the order of their names (test_01_..., test_02_...).
"""
import sys
import time
import unittest

MODULES = ['test_identity_commands', 'test_identity_sdk', 'test_cli_identity', 'test_cli_network', 'test_cli_image',
           'test_cli_glance', 'test_cli_compute', 'test_cli_swift', 'test_sdk', 'test_story', 'test_snapshots', 'test_crash',
           'test_tenants', 'test_federation', 'test_saml', 'test_s3_clients', 'test_leftovers']


class Result(unittest.TestResult):
    """One line a test; the whole story of what failed at the end."""

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def _line(self, word, test, why=''):
        seconds = time.monotonic() - getattr(self, 'began', time.monotonic())
        print(f'{word:<7} {seconds:6.1f} s  {test.id()}' + (f'  ({why})' if why else ''), flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._line('ok', test)

    def _bad(self, test, error):
        self._line('FAILED', test)
        print(self._exc_info_to_string(error, test), flush=True)
        if test.id().rsplit('.', 1)[-1].startswith(getattr(test, 'needed', ()) or ('-',)):
            type(test).broken = True

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._bad(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self._bad(test, error)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line('skipped', test, reason)


def flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def main(names):
    loader = unittest.defaultTestLoader
    tests = [test for module in MODULES for test in flatten(loader.loadTestsFromName(module))
             if not names or any(name in test.id() for name in names) or 'FailedTest' in test.id()]
    result = Result()
    began = time.monotonic()
    # TestSuite, for setUpClass and tearDownClass.
    unittest.TestSuite(tests).run(result)
    bad = list(dict.fromkeys(test.id() for test, _ in result.failures + result.errors))
    failed = len(bad)
    skipped = len(result.skipped)
    passed = result.testsRun - failed - skipped
    if failed:
        print('failed: ' + ' '.join(bad))
    print(f'{time.monotonic() - began:.0f} s')
    print(f'{max(passed, 0)} passed, {failed} failed, {skipped} skipped', flush=True)
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
