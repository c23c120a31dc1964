"""Runs tests, and prints one line per test, whether it passed, in the format that the clients in other languages use."""

import sys
import unittest


class LineResult(unittest.TestResult):
    @staticmethod
    def sentence(test):
        # The letters after `it` determine the order; the sentence follows them.
        return test.id().split(".it_")[-1].split("_", 1)[1].replace("_", " ")

    def addSuccess(self, test):
        print(f"ok - {self.sentence(test)}", flush=True)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        print(f"not ok - {self.sentence(test)}\n{self.failures[-1][1]}", flush=True)

    def addError(self, test, error):
        super().addError(test, error)
        print(f"not ok - {test.id().split('.it_')[-1]}\n{self.errors[-1][1]}", flush=True)


def run(case):
    """Runs the methods of a test case whose names begin with `it_`, and ends the process."""
    loader = unittest.TestLoader()
    loader.testMethodPrefix = "it_"
    result = LineResult()
    loader.loadTestsFromTestCase(case).run(result)
    sys.exit(not result.wasSuccessful())
