"""Workers are confined, bounded in all that they spend, and gone afterwards."""

import os
import select
import shutil
import signal
import struct
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import rich

from grader.core import protocol
from grader.core.protocol import Data, Died, Leaf, Loaded, Part, Raised, Ref, Returned, Run, Step, TimedOut, encode
from grader.core.submission import Cell, SourceFile, Submission
from grader.errors import GraderFault, SandboxError
from grader.sandbox import _PARDONS, InlineWorker, Limits, Sandbox
from grader.worker import server
from grader.worker.server import RESTARTS

ROOT = Path(__file__).resolve().parents[1]
ONE = struct.pack("<d", 1.0)


def submission(text: str, **more) -> Submission:
    return Submission(student="someone", files=[SourceFile("hw.py", [Cell("", textwrap.dedent(text))])], **more)


def step(name: str) -> Step:
    return Step(name, [Data("<f8", (1,), 0)])


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(limits=Limits(call_seconds=20.0, total_seconds=60.0, load_seconds=1.0)) as sandbox:
        yield sandbox


@pytest.fixture
def start(sandbox):
    workers = []

    def started(text: str, box: Sandbox = sandbox, given: Submission | None = None, **more):
        given = given or submission(text, **more)
        worker = box.worker(given)
        workers.append(worker)
        loaded = worker.load(given)
        assert isinstance(loaded, Loaded), loaded
        return worker

    yield started
    for worker in workers:
        worker.close()


def ask(worker, *names: str, seconds: float | None = None):
    return worker.run(Run([step(name) for name in names]), ONE, seconds=seconds).traces


# ---------------------------------------------------------------- answers


def test_bytes_of_all_results_follow_each_other(start):
    worker = start("import numpy as np\ndef f(x): return np.full(2, 3.0)\ndef g(x): return x, 7\n")
    script = Run([step("f"), step("f"), Step("g", [Data("<f8", (1,), 0)], arity=2)])
    answers = worker.run(script, ONE)
    assert [type(trace) for trace in answers.traces] == [Returned] * 3
    assert answers.payload == struct.pack("<5dq", 3, 3, 3, 3, 1, 7)


def test_scripts_continue_with_kept_results(start):
    worker = start("def f(x): return {'cache': x}\ndef g(c): return c['cache'] + 1\n")
    worker.run(Run([Step("f", [Data("<f8", (1,), 0)], keep=[0])]), ONE)
    answers = worker.run(Run([Step("g", [Ref(0, -1)])], continues=True), b"")
    assert answers.payload == struct.pack("<d", 2.0)


def test_megabytes_go_out_and_come_back(start):
    worker = start("def f(x): return x * 2\n")
    x = np.arange(2_000_000.0)
    answers = worker.run(Run([Step("f", [Data("<f8", x.shape, 0)])]), x.tobytes())
    assert answers.payload == (x * 2).tobytes()


def test_inline_and_confined_workers_answer_alike(start):
    text = "import numpy as np\ndef f(x): return np.exp(x), None, [1, 'a']\ndef g(x): return x[5]\n"
    namespace: dict = {}
    exec(text, namespace)
    inline = InlineWorker({"f": namespace["f"], "g": namespace["g"]})
    script = Run([Step("f", [Data("<f8", (1,), 0)], arity=3), step("g")])
    ours, theirs = inline.run(script, ONE), start(text).run(script, ONE)
    assert ours.payload == theirs.payload
    assert ours.traces[0] == theirs.traces[0]
    assert (ours.traces[1].kind, ours.traces[1].message) == (theirs.traces[1].kind, theirs.traces[1].message)


def test_an_inline_worker_describes_its_functions():
    [definition] = InlineWorker({"f": lambda x, y=1: x}).load().definitions
    assert (definition.name, [p.name for p in definition.parameters]) == ("f", ["x", "y"])


def test_a_script_before_loading_is_a_fault_of_the_grader(sandbox):
    with sandbox.worker(submission("")) as worker, pytest.raises(SandboxError, match="before it loaded"):
        worker.run(Run([step("f")]), ONE)


# ---------------------------------------------------------------- time, memory, exits

ENDINGS = """
import numpy as np
import os, sys, time
def ok(x): return 1.0
def loop(x):
    while True: pass
def stubborn(x):
    sys.modules["signal"].signal(14, lambda *_: None)
    while True:
        try:
            while True: pass
        except BaseException: pass
def native(x): return sum(range(10**12))
def matmul(x):
    a = np.ones((4000, 4000))
    for _ in range(1000): a = a @ a
    return a
def sleep(x): time.sleep(1000)
def leave(x): os._exit(3)
def crash(x):
    import faulthandler
    np.lib.stride_tricks.as_strided(np.zeros(1), (10**6,), (2**40,))[:].sum()
def close(x):
    os.closerange(3, 50)
    while True: pass
"""


@pytest.mark.parametrize("name", ["loop", "stubborn", "native", "matmul", "sleep"])
def test_what_does_not_end_times_out_at_its_step(start, name):
    traces = ask(start(ENDINGS), "ok", name, "ok", seconds=0.3)
    assert isinstance(traces[0], Returned)
    assert traces[1:] == [TimedOut(0.3), TimedOut(0.3)]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("leave", "ended itself with exit code 3 (os._exit)"),
        ("crash", "killed by signal 11 (SIGSEGV: crash in native code)"),
    ],
)
def test_a_death_is_told_exactly_and_the_next_script_runs(start, name, reason):
    worker = start(ENDINGS)
    traces = ask(worker, "ok", name, "ok")
    assert isinstance(traces[0], Returned)
    assert traces[1:] == [Died(reason), Died(reason)]
    assert isinstance(ask(worker, "ok")[0], Returned)


def test_a_worker_that_closes_its_channel_has_died(start):
    assert isinstance(ask(start(ENDINGS), "close")[0], Died)


def test_a_continued_script_without_its_results_is_told_so(start):
    worker = start(ENDINGS)
    ask(worker, "leave")
    [trace] = worker.run(Run([Step("ok", [Ref(0, -1)])], continues=True), b"").traces
    assert trace == Died("the worker that held the results of earlier calls has ended")


def test_bindings_hold_after_a_death(start, sandbox):
    text = "import os\ndef f(x): return {}\ndef die(x): os._exit(1)\n"
    files = [SourceFile(f"{name}.py", [Cell("", text.format(value))]) for name, value in (("a", 1.0), ("b", 2.0))]
    given = Submission(student="someone", files=files)
    with sandbox.worker(given) as worker:
        worker.load(given)
        worker.bind({"f": "a.py"})
        ask(worker, "die")
        assert worker.run(Run([step("f")]), ONE).payload == struct.pack("<d", 1.0)


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("np.ones(10**11)", "MemoryError"),
        ("bytearray(2 * 2**30)", "MemoryError"),
        ("[0] * 10**12", "MemoryError"),
        ("sys.exit(0)", "SystemExit"),
        ("f(x)", "RecursionError"),
        ("input()", "EOFError"),
        ("sys.stdin.fileno()", "UnsupportedOperation"),
    ],
)
def test_excesses_become_exceptions(start, expression, kind):
    worker = start(f"import sys\nimport numpy as np\ndef f(x): return {expression}\ndef ok(x): return x\n")
    traces = ask(worker, "f", "ok")
    assert isinstance(traces[0], Raised)
    assert traces[0].kind == kind
    assert isinstance(traces[1], Returned)


def test_a_hundred_megabytes_of_prints_cost_nothing(start):
    worker = start("""
        import os, sys
        def f(x):
            for _ in range(100):
                print("x" * 2**20)
                sys.stderr.write("y" * 2**20)
                os.write(1, b"z" * 2**20)
            return x
    """)
    assert isinstance(ask(worker, "f")[0], Returned)


def test_processor_time_is_limited(start):
    with Sandbox(limits=Limits(cpu_seconds=1)) as box:
        worker = start("def f(x):\n    while True: pass\n", box)
        assert ask(worker, "f", seconds=20.0) == [Died("used more than 1 s of processor time")]


def test_returned_bytes_are_limited(start):
    with Sandbox(limits=Limits(returned_bytes=2**20)) as box:
        worker = start("import numpy as np\ndef f(x): return np.zeros(2**18)\n", box)
        assert ask(worker, "f") == [Died("returned more than 1 MB in answer to one check")]


def test_described_values_are_limited(start):
    worker = start("def f(x): return [[float(i) for i in range(1000)] for _ in range(4)]\ndef ok(x): return x\n")
    traces = ask(worker, *["f"] * 20)
    assert {type(trace) for trace in traces} == {Returned}
    traces = ask(worker, *["f"] * 100)
    assert isinstance(traces[0], Returned)
    assert traces[-1] == Died("returned too many parts of values in answer to one check; return arrays")
    assert isinstance(ask(worker, "ok")[0], Returned)


def test_a_submission_has_a_budget_of_wall_time(start):
    with Sandbox(limits=Limits(total_seconds=0.8)) as box:
        worker = start("def f(x):\n    while True: pass\ndef ok(x): return x\n", box)
        assert isinstance(ask(worker, "f", seconds=5.0)[0], TimedOut)
        assert ask(worker, "ok") == [TimedOut(0.8, "total")]


# ---------------------------------------------------------------- confinement

DENIED = {
    "fork": "os.fork()",
    "posix_spawn": "os.posix_spawn('/bin/true', ['true'], {})",
    "exec": "os.execv('/bin/true', ['true'])",
    "kill_parent": "os.kill(os.getppid(), 9)",
    "kill_all": "os.kill(-1, 9)",
    "pidfd": "os.pidfd_open(os.getppid())",
    "priority": "os.setpriority(os.PRIO_PROCESS, 0, 5)",
    "affinity": "os.sched_setaffinity(0, {0})",
    "setuid": "os.setuid(0)",
    "chmod": "os.chmod('.', 0o777)",
    "remove": "os.unlink('data.txt')",
    "write": "open('data.txt', 'w')",
    "new_file": "open('new.txt', 'w')",
    "tmp": "open('/tmp/new.txt', 'w')",
    "shm": "open('/dev/shm/new', 'w')",
    "mkdir": "os.mkdir('new')",
    "passwd": "open('/etc/passwd').read()",
    "proc": "open('/proc/self/maps').read()",
    "judge": "open(f'/proc/{os.getppid()}/environ', 'rb').read()",
    "home": "os.listdir('/root')",
    "root": "os.listdir('/')",
    "code": f"open({str(ROOT / 'grader' / 'sandbox.py')!r}).read()",
    "other_packages": f"open({str(Path(rich.__file__))!r}).read()",
    "neighbours": "os.listdir('..')",
    "memfd": "os.memfd_create('x')",
    "pipe": "os.pipe()",
    "mount": "call('mount', b'none', b'/tmp', b'tmpfs', 0, None)",
    "ptrace": "call('ptrace', 16, os.getppid(), 0, 0)",
    "unshare": "call('unshare', 0x10000000)",
    "socket": "call('socket', 2, 1, 0)",
    "prctl": "call('prctl', 4, 1, 0, 0, 0)",
    "personality": "call('personality', 0)",
    "shmget": "call('shmget', 0, 4096, 0o1600)",
}


@pytest.fixture(scope="module")
def confined(sandbox):
    functions = "".join(f"def {name}(x):\n    return {expression}\n" for name, expression in DENIED.items())
    text = (
        "import os, sys, threading\n"
        + """
def call(name, *args):
    ctypes = sys.modules["ctypes"]
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*args) == -1:
        raise OSError(ctypes.get_errno(), "refused")
"""
        + functions
        + """
def thread(x): threading.Thread(target=print).start()
def environment(x): return len(os.environ)
def identity(x): return os.getuid(), os.geteuid(), os.getgid(), os.getegid(), len(os.getgroups())
def own(x): return float(open('data.txt').read())
def limit(x):
    import resource
"""
    )
    given = submission(text, data={"data.txt": b"2.5"})
    with sandbox.worker(given) as worker:
        worker.load(given)
        yield worker


@pytest.mark.parametrize("name", DENIED)
def test_the_kernel_refuses(confined, name):
    [trace] = ask(confined, name)
    assert isinstance(trace, Raised), trace
    assert trace.kind == "PermissionError", trace


def test_threads_cannot_be_started(confined):
    [trace] = ask(confined, "thread")
    assert isinstance(trace, Raised)
    assert trace.message == "can't start new thread"


def test_the_environment_is_empty(confined):
    answers = confined.run(Run([step("environment")]), ONE)
    assert struct.unpack("<q", answers.payload) == (0,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")
def test_root_is_given_up(confined):
    answers = confined.run(Run([Step("identity", [Data("<f8", (1,), 0)], arity=5)]), ONE)
    assert struct.unpack("<5q", answers.payload) == (65534, 65534, 65534, 65534, 0)


def test_staged_data_can_be_read(confined):
    assert confined.run(Run([step("own")]), ONE).payload == struct.pack("<d", 2.5)


def test_no_descriptor_but_the_channel_and_the_pipe_of_attempts_is_open(start):
    worker = start("""
        import os
        def f(x):
            found = []
            for fd in range(64):
                try:
                    os.fstat(fd)
                    found.append(fd)
                except OSError: pass
            return tuple(found)
    """)
    answers = worker.run(Run([Step("f", [Data("<f8", (1,), 0)], arity=5)]), ONE)
    assert struct.unpack("<5q", answers.payload) == (0, 1, 2, 3, 5)


def test_the_worker_holds_no_code_of_the_judge(start):
    worker = start("""
        import sys
        def f(x):
            tops = ("grader", "torch", "exercises", "solutions")
            return ",".join(name for name in sys.modules if name.startswith(tops))[:90]
    """)
    [trace] = worker.run(Run([step("f")]), ONE).traces
    assert isinstance(trace, Returned)
    modules = set(trace.leaves[0].info.split(","))
    assert modules
    parts = {name.removeprefix("grader.").partition(".")[0] for name in modules}
    assert parts <= {"grader", "core", "errors", "worker"}


@pytest.mark.parametrize("protection", ["files", "system calls", "limits", "unprivileged user"])
def test_a_child_that_cannot_be_confined_loads_nothing(protection):
    with Sandbox(without=[protection]) as box:
        given = submission("def f(x): return x")
        with box.worker(given) as worker, pytest.raises(SandboxError, match=f"does not offer: {protection}"):
            worker.load(given)


def test_protections_are_all_on_here(sandbox):
    assert [protection.name for protection in sandbox.protections() if not protection.on] == []


# ---------------------------------------------------------------- forged frames


@pytest.mark.parametrize(
    "text",
    [
        "b'nonsense' * 10",
        "struct.pack('!IQ', 2**31, 2**62)",
        "struct.pack('!IQ', 3, 0) + b'abc'",
        "struct.pack('!IQ', 100, 0)",
        "frame(['bound'])",
        "frame(['part', [], True])",
        "frame(['part', [['ok', [['array', '<f8', [10**9]]], 8 * 10**9]], True])",
        "frame(['part', [['ok', [['none', '']], 0]] * 5, True])",
        "frame(['timeout', 3.0])",
        "frame(['ready']) * 2",
        "frame(['part', [['raised', 'x', 'y' * 3000]], True])",
        "frame(['part', [['ok', [['none', '']], 0, ['w'] * 6]], True])",
    ],
)
def test_forged_frames_end_the_worker_that_sent_them(start, text):
    worker = start(f"""
        import os, struct, sys, time
        def frame(value):
            header = sys.modules["msgspec"].msgpack.encode(value)
            return struct.pack("!IQ", len(header), 0) + header
        def f(x):
            os.write(3, {text})
            while True: time.sleep(1)
        def ok(x): return x
    """)
    [trace] = ask(worker, "f", seconds=1.0)
    assert trace in (Died("sent what is not an answer"), TimedOut(1.0))
    assert isinstance(ask(worker, "ok")[0], Returned)


def test_a_flood_of_empty_frames_ends_at_the_deadline(start):
    worker = start("""
        import os, struct, sys
        def f(x):
            answer = sys.modules["msgspec"].msgpack.encode(["part", [], False])
            while True: os.write(3, struct.pack("!IQ", len(answer), 0) + answer)
    """)
    assert ask(worker, "f", seconds=0.3) == [TimedOut(0.3)]


def test_a_flood_while_loading_ends_at_the_deadline():
    with Sandbox(limits=Limits(load_seconds=0.2, load_total_seconds=1.0)) as box:
        given = submission("""
            import os, struct, sys
            def flood():
                frame = sys.modules["msgspec"].msgpack.encode(["running", "x"])
                while True:
                    try:
                        while True: os.write(3, struct.pack("!IQ", len(frame), 0) + frame)
                    except BaseException: pass
            x = flood()
        """)
        with box.worker(given) as worker:
            assert isinstance(worker.load(given), TimedOut | Died)
            assert isinstance(ask(worker, "f")[0], TimedOut | Died)


def test_a_forged_list_of_definitions_is_not_taken(sandbox):
    given = submission("""
        import os, struct, sys
        header = sys.modules["msgspec"].msgpack.encode(["loaded", [["f", "hw.py", "", 1, [], False]] * 5001])
        x = os.write(3, struct.pack("!IQ", len(header), 0) + header)
    """)
    with sandbox.worker(given) as worker:
        loaded = worker.load(given)
    assert isinstance(loaded, Loaded)
    assert loaded.definitions == []
    assert "hw.py, line 4" in loaded.remarks[0]


PROTECTIONS = ["files", "system calls", "limits", "unprivileged user", "capabilities", "descriptors", "environment"]


def test_the_protections_are_those_that_can_be_left_out():
    with Sandbox(strength="weak", without=PROTECTIONS) as box:
        assert {(p.name, p.on) for p in box.protections()} == {(name, False) for name in PROTECTIONS}


@pytest.mark.parametrize("without", PROTECTIONS)
def test_a_weak_sandbox_uses_what_there_is(without, start):
    with Sandbox(strength="weak", without=[without]) as box:
        assert isinstance(ask(start("def f(x): return x", box), "f")[0], Returned)


def test_an_answer_given_in_advance_is_neither_taken_nor_held_against_the_next_function(start):
    worker = start("""
        import os, struct, sys
        def f(x):
            answer = sys.modules["msgspec"].msgpack.encode(["part", [["ok", [["none", ""]], 0]], True])
            os.write(3, (struct.pack("!IQ", len(answer), 0) + answer) * 2)
            return x
        def ok(x): return x
    """)
    ask(worker, "f")
    answers = worker.run(Run([step("ok")]), ONE)
    assert answers.payload == ONE


def test_a_death_between_two_scripts_is_not_held_against_the_next_function(start):
    worker = start("def f(x): return x\n")
    ask(worker, "f")
    os.kill(worker._child._pid, signal.SIGKILL)
    select.select([worker._child._channel], [], [], 5.0)
    assert isinstance(ask(worker, "f")[0], Returned)


# ---------------------------------------------------------------- nothing is left


def children_of(pid: int) -> set[int]:
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == pid:
                found.add(int(entry.name))
    return found


def spare_of(box: Sandbox):
    """Return the child that waits for the next submission."""
    box.spare()
    return box._server._spare


def test_of_a_closed_worker_nothing_is_left_beside_the_spare():
    given = submission("def f(x):\n    while True: pass\n", data={"a": b"1"})
    with Sandbox() as box:
        with box.worker(given) as worker:
            worker.load(given)
            spare = spare_of(box)
            assert children_of(box.server) == {worker._child._pid, spare._pid}
            ask(worker, "f", seconds=0.2)
            assert len(list(box.folder.rglob("a"))) == 1
        pid, folder = box.spare()
        assert children_of(box.server) == {pid}
        assert list(box.folder.iterdir()) == [folder]
        assert list(folder.iterdir()) == []


def test_nothing_is_left_after_close():
    box = Sandbox()
    given = submission("def f(x): return x", data={"a": b"1"})
    worker = box.worker(given)
    worker.load(given)
    spare_of(box)
    pidfds = [os.pidfd_open(child) for child in children_of(box.server)]
    assert len(pidfds) == 2
    box.close()
    for pidfd in pidfds:
        assert select.select([pidfd], [], [], 0.0)[0]
        os.close(pidfd)
    assert not box.folder.exists()
    assert box.server not in children_of(os.getpid())
    worker.close()


# ---------------------------------------------------------------- the spare child


def test_the_next_submission_gets_the_spare_child_and_another_one_is_made():
    with Sandbox() as box:
        first = spare_of(box)
        given = submission("def f(x): return x")
        with box.worker(given) as worker:
            worker.load(given)
            assert worker._child is first
            assert spare_of(box) not in (None, first)


def test_a_renewed_worker_takes_the_spare_child_and_its_data_come_along(start):
    worker = start("def f(x): return float(open('sub/data.txt').read())", data={"sub/data.txt": b"2.5"})
    before = worker._child.folder
    for _ in range(2):
        assert worker.renew()
        assert worker.run(Run([step("f")]), ONE).payload == struct.pack("<d", 2.5)
    assert not before.exists()


def test_a_spare_child_that_was_killed_is_replaced_and_costs_nothing():
    with Sandbox() as box:
        dead = spare_of(box)
        os.kill(dead._pid, signal.SIGKILL)
        wait_for_death(dead._pidfd)
        given = submission("def f(x): return x")
        with box.worker(given) as worker:
            assert isinstance(worker.load(given), Loaded)
            assert not worker._load.careful
            assert worker._pardons == _PARDONS
        assert not dead.folder.exists()


def wait_for_death(pidfd: int) -> None:
    assert select.select([pidfd], [], [], 5.0)[0]


def test_a_spare_child_is_confined_before_anything_is_asked(sandbox):
    spare = spare_of(sandbox)
    assert spare._poll(select.POLLIN, 10.0)  # it has said that it is ready
    status = Path(f"/proc/{spare._pid}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert (fields["Seccomp"], fields["NoNewPrivs"], fields["CapEff"]) == ("2", "1", "0" * 16)
    if os.geteuid() == 0:
        assert set(fields["Uid"].split()) == {"65534"}
    assert list(spare.folder.iterdir()) == []


def test_nothing_is_left_of_what_the_fork_server_rehearsed(start):
    worker = start("""
        import sys
        import numpy as np
        def f(x):
            names = [name for name in sys.modules if "rehears" in name]
            handler = sys.modules["signal"].getsignal(sys.modules["signal"].SIGALRM)
            return len(names), len(vars(np).keys() & {"scores", "loss"}), int(handler)
    """)
    answers = worker.run(Run([Step("f", [Data("<f8", (1,), 0)], arity=3)]), ONE)
    assert struct.unpack("<3q", answers.payload) == (0, 0, signal.SIG_DFL)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give it up")
def test_the_fork_server_itself_can_get_no_capability_back(sandbox):
    sandbox.protections()
    status = Path(f"/proc/{sandbox.server}/status").read_text()
    assert "CapBnd:\t0000000000000000" in status


def test_a_spare_child_ends_with_a_killed_fork_server():
    with Sandbox() as box:
        pidfd = os.pidfd_open(spare_of(box)._pid)
        box._server._process.kill()
        wait_for_death(pidfd)
        os.close(pidfd)


def test_data_that_went_missing_are_a_fault_of_the_grader(sandbox):
    given = submission("def f(x): return x", data={"a": b"1"})
    with sandbox.worker(given) as worker:
        shutil.rmtree(worker._folder)
        with pytest.raises(SandboxError, match="cannot hand data files over from"):
            worker.load(given)


def test_children_of_a_killed_judge_end():
    program = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from grader.sandbox import Sandbox
from grader.core.submission import *
from grader.core.protocol import *
box = Sandbox()
given = Submission(student="s", files=[SourceFile("a.py", [Cell("", "def f(x):\\n    while True: pass")])])
worker = box.worker(given)
worker.load(given)
print(box._root, box._server._process.pid, worker._child._pid, flush=True)
worker.run(Run([Step("f", [Data("<f8", (1,), 0)])]), b"12345678", seconds=60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as judge:
        folder, *pids = judge.stdout.readline().split()
        pidfds = [os.pidfd_open(int(pid)) for pid in pids]
        judge.kill()
        judge.wait()
    for pidfd in pidfds:
        assert select.select([pidfd], [], [], 5.0)[0]
        os.close(pidfd)
    assert not Path(folder).exists()


def test_a_killed_fork_server_is_replaced_for_every_submission(start):
    with Sandbox() as box:
        for _ in range(RESTARTS + 2):
            worker = start("def f(x): return x", box)
            assert isinstance(ask(worker, "f")[0], Returned)
            box._server._process.kill()
            worker.close()


def test_a_fork_server_that_dies_again_and_again_is_given_up():
    given = submission("def f(x): return x")
    with Sandbox() as box, box.worker(given) as worker:
        for _ in range(RESTARTS + 1):
            assert isinstance(worker.load(given), Loaded)
            box._server._process.kill()
            box._server._process.wait()  # with it dies the spare child, which could still load
        with pytest.raises(SandboxError, match="the fork server died again and again"):
            worker.load(given)


def test_spares_that_die_unseen_before_they_are_asked_anything_cost_no_pardon(start, monkeypatch):
    with Sandbox() as box:
        worker = start("def f(x): return x", box)
        monkeypatch.setattr(type(worker._child), "is_alive", lambda _: True)
        for _ in range(_PARDONS + 2):
            os.kill(spare_of(box)._pid, signal.SIGKILL)
            assert worker.renew()
            assert isinstance(ask(worker, "f")[0], Returned)


def test_a_fork_server_that_never_answers_is_not_started_for_every_submission(monkeypatch):
    monkeypatch.setattr(server, "_BOOT", "import sys; sys.exit(1)")
    given = submission("def f(x): return x")
    with Sandbox() as box:
        seen = set()
        for _ in range(3):
            with box.worker(given) as worker, pytest.raises(SandboxError, match="the fork server died again and again"):
                worker.load(given)
            seen.add(box._server._process.pid)
        assert len(seen) == 1


class Killing(threading.Thread):
    """Kills the process that a function tells, again and again, each process once."""

    def __init__(self, target, times):
        super().__init__()
        self.target, self.times, self.killed = target, times, []
        self.start()

    def run(self):
        deadline = time.monotonic() + 60
        while len(self.killed) < self.times and time.monotonic() < deadline:
            number = self.target()
            if number and number not in self.killed:
                self.killed.append(number)
                os.kill(number, signal.SIGKILL)
            time.sleep(0.01)


SLOW = "import time\ndef f(x):\n    time.sleep(0.6)\n    return x\ndef ok(x): return x\n"


@pytest.mark.parametrize("which", ["worker", "fork server"])
def test_a_kill_from_outside_is_not_held_against_the_function(start, which):
    with Sandbox() as box:
        worker = start(SLOW, box)
        killing = Killing(
            lambda: worker._child and worker._child._pid if which == "worker" else box._server._process.pid, 1
        )
        assert worker.run(Run([step("f")]), ONE).payload == ONE
        killing.join()
        assert len(killing.killed) == 1
        worker.close()


def test_a_worker_that_is_killed_over_and_over_has_died(start):
    worker = start(SLOW.replace("0.6", "60"))
    killing = Killing(lambda: worker._child and worker._child._pid, 4)
    assert ask(worker, "f") == [Died("killed by signal 9 (SIGKILL; probably out of memory)")]
    killing.join()
    assert isinstance(ask(worker, "ok")[0], Returned)


def test_a_kill_while_loading_costs_nothing(sandbox, monkeypatch):
    given = submission("import time\ntime.sleep(0)\nx = sum(range(10**7))\ndef f(x): return x\n")
    taken, take = [], sandbox._server.child
    monkeypatch.setattr(sandbox._server, "child", lambda: taken.append(take()) or taken[-1])
    with sandbox.worker(given) as worker:
        killing = Killing(lambda: taken and taken[0]._pid, 1)
        loaded = worker.load(given)
        killing.join()
        assert len(killing.killed) == 1
        assert isinstance(loaded, Loaded)
        assert loaded.remarks == []
        assert isinstance(ask(worker, "f")[0], Returned)


def test_the_fork_server_ignores_an_interrupt_meant_for_the_judge(start):
    with Sandbox() as box:
        start("def f(x): return x", box)
        os.kill(box._server._process.pid, signal.SIGINT)
        time.sleep(0.05)
        assert isinstance(ask(start("def f(x): return x", box), "f")[0], Returned)
        assert box._server._restarts == RESTARTS


def test_a_submission_cannot_read_the_data_of_its_neighbour(sandbox, start):
    neighbour = submission("def f(x): return x", data={"answers.txt": b"42"})
    with sandbox.worker(neighbour) as beside:
        beside.load(neighbour)
        [path] = sandbox.folder.rglob("answers.txt")
        reads = f"def f(x): return float(open({str(path)!r}).read())\ndef g(x): return float(open('own.txt').read())\n"
        denied, own = ask(start(reads, data={"own.txt": b"7"}), "f", "g")
    assert isinstance(denied, Raised)
    assert denied.kind == "PermissionError"
    assert isinstance(own, Returned)


def test_data_that_leads_outside_is_refused(sandbox):
    for name in ("../evil", "/evil", "a/../../evil"):
        with pytest.raises(GraderFault, match="unsafe path"):
            sandbox.worker(submission("def f(x): return x", data={name: b"x"}))
    assert [path.name for path in sandbox._root.rglob("*evil*")] == []


# ---------------------------------------------------------------- patience


@pytest.mark.parametrize(
    ("hung", "seconds", "expected"),
    [(0, None, 10.0), (1, None, 5.0), (2, None, 2.5), (9, None, 1.0), (9, 0.3, 0.3), (1, 4.0, 2.0)],
)
def test_each_hung_function_shortens_what_later_scripts_get(hung, seconds, expected):
    assert Limits(call_seconds=10.0, patience=0.5).after(hung, seconds) == expected


def test_a_function_that_hung_gets_no_second_chance_of_full_length(start):
    with Sandbox(limits=Limits(call_seconds=2.0, patience=0.9)) as box:
        worker = start("def f(x):\n    while True: pass\ndef g(x):\n    while True: pass\ndef h(x): return x\n", box)
        assert [ask(worker, name)[0] for name in "ffg"] == [TimedOut(2.0), TimedOut(1.0), TimedOut(1.8)]
        assert isinstance(ask(worker, "h")[0], Returned)
        first, second = ask(worker, "h", "f")
        assert isinstance(first, Returned)
        assert second == TimedOut(1.0)
        worker.close()


def test_the_sandbox_is_made_without_numpy():
    code = "import sys, grader.sandbox, grader.cli.run_command; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


COUNTING = "calls = []\ndef f(x):\n    calls.append(1)\n    return x * len(calls)\n"


def test_a_renewed_worker_remembers_no_call(start):
    worker = start(COUNTING)
    one = np.ones(1).tobytes()
    assert [worker.run(Run([step("f")]), one).payload for _ in range(2)] == [one, np.full(1, 2.0).tobytes()]
    assert worker.renew()
    assert worker.run(Run([step("f")]), one).payload == one


def test_a_worker_is_not_renewed_over_and_over_where_loading_takes_long(start, monkeypatch):
    monkeypatch.setattr("grader.sandbox._RENEWAL_SECONDS", 0.0)
    worker = start(COUNTING)
    assert [worker.renew() for _ in range(2)] == [True, False]


def test_a_script_that_was_sent_ahead_is_answered_when_it_is_wanted(start):
    worker = start(COUNTING)
    one = np.ones(1).tobytes()
    first, second = (encode(Run([step("f")]), one) for _ in range(2))
    worker.ahead(first, 1)
    worker.ahead(second, 1)
    worker.ahead(first, 1)
    assert worker.run_frame(second, 1).payload == np.full(1, 2.0).tobytes()
    assert worker.run_frame(first, 1).payload == one


def test_large_answers_in_many_pieces_arrive_whole(start):
    """More than a channel takes at once, in more pieces than one system call does."""
    worker = start("import numpy as np\ndef f(x): return np.arange(1000.0) + x\n")
    for count in (3, 40, 1500):
        script = Run([Step("f", [Data("<f8", (1,), 8 * i)]) for i in range(count)])
        answers = worker.run(script, np.arange(float(count)).tobytes())
        expected = np.arange(1000.0) + np.arange(float(count))[:, None]
        assert answers.payload == expected.tobytes()


# ---------------------------------------------------------------- files that a renewed worker loads


LOADED = "import sys\ndef {name}(x): return x * 0 + sum(name in sys.modules for name in ('one', 'two', 'three'))\n"


@pytest.fixture
def files(start):
    """Return a function that starts a worker with three files, whose functions tell how many are loaded."""

    def started(**more: str):
        texts = {name: more.get(name, "") + LOADED.format(name=name) for name in ("one", "two", "three")}
        given = Submission(
            student="s", files=[SourceFile(f"{name}.py", [Cell("", text)]) for name, text in texts.items()]
        )
        worker = start("", given=given)
        worker.bind({name: f"{name}.py" for name in texts})
        return worker

    return started


def loaded_files(worker, name: str) -> float:
    """Return how many files are loaded where a function runs."""
    return struct.unpack("<d", worker.run(Run([step(name)]), ONE).payload)[0]


def test_a_renewed_worker_loads_the_files_that_are_needed(files):
    worker = files()
    worker.need(["one.py"])
    assert loaded_files(worker, "one") == 3
    assert worker.renew()
    assert loaded_files(worker, "one") == 1
    worker.need(["two.py"])
    assert loaded_files(worker, "two") == 2
    assert loaded_files(worker, "one") == 2
    worker.need(["one.py", "two.py"])
    assert worker.renew()
    worker.need(["three.py"])
    assert loaded_files(worker, "three") == 3
    assert loaded_files(worker, "one") == 3


def test_a_renewed_worker_loads_what_a_needed_file_imports(files):
    worker = files(one="from two import two as other\n")
    worker.need(["one.py"])
    assert worker.renew()
    assert loaded_files(worker, "one") == 2


def test_a_renewed_worker_loads_all_files_where_something_was_odd(files):
    worker = files(two="import tensorboard_of_nobody\n")
    worker.need(["one.py"])
    assert worker.renew()
    assert loaded_files(worker, "one") == 3


def test_scripts_that_were_sent_ahead_are_answered_before_more_is_loaded(files):
    worker = files()
    worker.need(["one.py"])
    worker.renew()
    assert loaded_files(worker, "one") == 1
    frame = encode(Run([step("one")]), ONE)
    worker.ahead(frame, 1)
    worker.need(["two.py"])
    assert struct.unpack("<d", worker.run_frame(frame, 1).payload) == (1.0,)
    assert loaded_files(worker, "two") == 2


def test_a_renewed_worker_that_is_killed_before_more_is_loaded_is_replaced(files):
    worker = files()
    worker.need(["one.py"])
    worker.renew()
    assert loaded_files(worker, "one") == 1
    os.kill(worker._child._pid, signal.SIGKILL)
    worker.need(["two.py"])
    assert loaded_files(worker, "two") == 3


def test_a_renewed_worker_that_speaks_unasked_before_more_is_loaded_is_replaced(files):
    forged = encode(Part([0], last=True, forms=[Returned([Leaf("array", "<f8", (1,))], 8)], script=1), ONE)
    worker = files(one=f"import sys\ndef speak(x):\n    sys.modules['posix'].write(3, {forged!r})\n    return x\n")
    worker.need(["one.py"])
    worker.renew()
    assert worker.run(Run([step("speak")]), ONE).payload == ONE
    first = worker._child
    worker.need(["two.py"])
    assert worker._child is not first
    assert loaded_files(worker, "two") == 3


# ---------------------------------------------------------------- scripts that workers know


SPOILER = "import numpy as np\ndef f(x):\n    x += 1\n    return x\n"


def script(value: float) -> bytes:
    """Return a frame that calls `f` twice on an array."""
    return protocol.encode(Run([step("f")] * 2), struct.pack("<d", value))


def results(worker, frame: bytes) -> list[float]:
    return list(struct.unpack("<2d", worker.run_frame(frame, 2).payload))


def test_workers_answer_scripts_that_they_know_as_they_answer_others(start):
    """Before and after they are taught, after each worker that wrote to its arguments, and in a new fork server."""
    with Sandbox() as box:
        for taught in ([], [script(3)], [script(3), script(4), script(3)], [script(4)]):
            box.teach(taught)
            for _ in range(2):
                worker = start(SPOILER, box)
                for value in (3, 4, 5, 3):
                    assert results(worker, script(value)) == [value + 1] * 2
                worker.close()
        box._server._process.kill()
        worker = start(SPOILER, box)
        assert [results(worker, script(value)) for value in (4, 3)] == [[5] * 2, [4] * 2]


def test_a_worker_that_knows_a_script_is_asked_for_it_by_number(start, monkeypatch):
    with Sandbox() as box:
        frames = [script(float(value)) for value in range(3)]
        box.teach(frames)
        start(SPOILER, box).close()  # it was made before
        worker = start(SPOILER, box)
        sent = []
        send = type(worker._child).send
        monkeypatch.setattr(type(worker._child), "send", lambda *a, **k: sent.append(a[1]) or send(*a, **k))
        for frame in (*frames, script(9.0)):
            worker.run_frame(frame, 2)
        requests = [protocol.decode_request(frame[protocol.PREFIX.size :][: protocol.frame_sizes(frame[:12])[0]])
                    for frame in sent]  # fmt: skip
        assert requests[:3] == [protocol.Known(0), protocol.Known(1), protocol.Known(2)]
        assert sent[3] == script(9.0)
