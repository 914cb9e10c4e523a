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


def within(seconds, condition, message, pause=0.1):
    """Waits until `condition()` holds and returns its value; `message()` tells what was seen."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"not within {seconds} s: {message()}")
        time.sleep(pause)


class _OutOfTime(Exception):
    pass


def _limit(seconds):
    def ring(number, frame):
        raise _OutOfTime(f"not finished within {seconds} s")

    signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)


def names_of_tests(wanted):
    """The names that contain one of the wanted texts; all, if none is wanted."""
    names = [function.__name__ for function in _tests]
    return [name for name in names if not wanted or any(text in name for text in wanted)]


def run_one(name, make_workplace, tell, seconds=900):
    """Runs a test. `tell(status, name, text)` hears of it. Returns whether it did not fail."""
    function = next(function for function in _tests if function.__name__ == name)
    start = time.monotonic()
    try:
        _limit(seconds)
        try:
            with make_workplace(name) as workplace:
                function(workplace)
        finally:
            signal.alarm(0)
        tell("passed", name, f"after {time.monotonic() - start:.1f} seconds")
        return True
    except Skipped as reason:
        tell("skipped", name, str(reason))
        return True
    except (Failed, _OutOfTime, subprocess.TimeoutExpired) as reason:
        tell("failed", name, str(reason))
    except Exception:
        tell("failed", name, traceback.format_exc())
    return False
