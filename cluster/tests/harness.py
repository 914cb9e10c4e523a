"""What a test of the virtual cluster is: a function whose name is a sentence."""
import signal
import subprocess
import time
import traceback

_tests = []


class Skipped(Exception):
    """The machine cannot carry this test; the text says why."""


class Failed(Exception):
    """What the test found; the text says it in one line, with what was seen below."""


def test(function):
    """Registers a test. It gets a `Workplace` (workplace.py)."""
    _tests.append(function)
    return function


def expect(condition, message):
    """Ends the test as failed where the condition does not hold."""
    if not condition:
        raise Failed(message)


def within(seconds, condition, message):
    """Waits until `condition()` holds and returns its value; `message()` tells what was seen."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"not within {seconds} s: {message()}")
        time.sleep(0.1)


class _OutOfTime(Exception):
    pass


def _limit(seconds):
    def ring(number, frame):
        raise _OutOfTime(f"not finished within {seconds} s")

    signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)


def run_all(wanted, make_workplace, tell, seconds_each=900):
    """Runs the tests whose names contain one of the wanted texts (all, if none is wanted).

    `tell(status, name, text)` hears of each. Returns whether nothing failed.
    """
    good = True
    for function in _tests:
        name = function.__name__
        if wanted and not any(text in name for text in wanted):
            continue
        start = time.monotonic()
        try:
            _limit(seconds_each)
            try:
                with make_workplace(name) as workplace:
                    function(workplace)
            finally:
                signal.alarm(0)
            tell("passed", name, f"after {time.monotonic() - start:.1f} seconds")
        except Skipped as reason:
            tell("skipped", name, str(reason))
        except (Failed, _OutOfTime, subprocess.TimeoutExpired) as reason:
            good = False
            tell("failed", name, str(reason))
        except Exception:
            good = False
            tell("failed", name, traceback.format_exc())
    return good
