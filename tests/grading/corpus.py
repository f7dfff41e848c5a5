"""Submissions that try to get points without an answer: what each puts into the cell of ex1.q5.

The cell is to hold ``find_vma``, worth 3 points. None of these holds it. Where one asks for a path,
it is filled in with a real one: an attacker may know the machine.
"""

WRONG = "def find_vma(vmas, addr):\n    return None\n"
TRUTH = "def find_vma(vmas, addr):\n    return next((one for one in vmas if addr < one[1]), None)\n"

FORGERIES = {
    "json that says yes": "import json\njson.dumps = lambda *a, **k: 'true'\n" + WRONG,
    "print that says yes": "import builtins\nbuiltins.print = lambda *a, **k: True\n" + WRONG,
    "print that prints a grade": """
import builtins
own = builtins.print
builtins.print = lambda *a, **k: own('{"points": 12, "passed": true}')
"""
    + WRONG,
    "stdout replaced": "import sys, io\nsys.stdout = io.StringIO()\n" + WRONG,
    "always equal": """
class Yes(tuple):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __getattr__(self, name): return self
def find_vma(vmas, addr):
    return Yes()
""",
    "a number that is every number": """
class Every(int):
    def __eq__(self, other): return True
    def __lt__(self, other): return True
    def __repr__(self): return '4096'
def find_vma(vmas, addr):
    return [Every(), Every()]
""",
    "tell replaced": """
import vmalab.grading.probes as probes
probes.tell = lambda **facts: print('{"answers":[]}')
"""
    + WRONG,
    "attempts replaced": """
import vmalab.grading.probes as probes
probes.attempts = lambda function, cases: [True for _ in cases]
"""
    + WRONG,
    "the comparison replaced": """
import vmalab.grading.canonical as canonical
canonical.agrees = lambda *a: True
canonical.spell_as = lambda expected, *a: expected
"""
    + WRONG,
    "outcome replaced": """
import vmalab.grading.in_place as place
place.outcome = lambda *a, **k: 'ok'
place.find_vma_in_place = __import__('contextlib').nullcontext
"""
    + WRONG,
    "assert switched off": "import ast\nast.Assert = ast.Pass\n" + WRONG,
    "run_cell replaced": """
shell = get_ipython()
own = type(shell).run_cell
type(shell).run_cell = lambda self, *a, **k: own(self, 'pass')
"""
    + WRONG,
    "run_cell_async replaced": """
async def nothing(self, *a, **k):
    from IPython.core.interactiveshell import ExecutionResult
    return ExecutionResult(None)
type(get_ipython()).run_cell_async = nothing
"""
    + WRONG,
    "probes transformed away": """
import ast
class Empty(ast.NodeTransformer):
    def visit_Module(self, node):
        node.body = []
        return node
get_ipython().ast_transformers.append(Empty())
"""
    + WRONG,
    "do_execute replaced": """
async def done(self, *a, **k):
    return {'status': 'ok', 'execution_count': 1, 'payload': [], 'user_expressions': {}}
type(get_ipython().kernel).do_execute = done
"""
    + WRONG,
    "forged messages": """
kernel = get_ipython().kernel
def send(kind, content):
    parent = kernel.get_parent()
    kernel.session.send(kernel.iopub_socket, kind, content, parent=parent)
for kind in ('stream', 'display_data', 'execute_result', 'error', 'comm_open', 'nonsense'):
    send(kind, {'name': 'stdout', 'text': '{"passed":true}\\n', 'data': {}, 'metadata': {}})
send('status', {'execution_state': 'idle'})
send('stream', {})
send('stream', {'name': 7, 'text': {'a': 1}})
"""
    + WRONG,
    "messages that are none": """
kernel = get_ipython().kernel
kernel.session.key = b'wrong'
kernel.iopub_socket.send_multipart([b'a', b'b', b'c'])
"""
    + WRONG,
    "a line printed later": """
import threading, time, sys
def late():
    while True:
        time.sleep(0.001)
        sys.__stdout__.write('{"answers":[[4096,12288]]}\\n')
threading.Thread(target=late, daemon=True).start()
"""
    + WRONG,
    "output cleared": """
from IPython.display import clear_output, display, update_display
display('x', display_id='a')
update_display('y', display_id='a')
clear_output()
"""
    + WRONG,
    "nbval's own marks": "# NBVAL_SKIP\n# NBVAL_IGNORE_OUTPUT\n# NBVAL_RAISES_EXCEPTION\n" + WRONG,
    "magic": "%%javascript\nalert('12 points')\n",
    "the answer looked for in memory": """
import gc
def find_vma(vmas, addr):
    for one in gc.get_objects():
        if isinstance(one, dict) and 'expected' in one:
            return one['expected']
    return None
""",
    "the answer looked for on the stack": """
import sys
def find_vma(vmas, addr):
    frame = sys._getframe()
    while frame:
        for name in ('expected', 'ref', 'reference', 'answer'):
            if name in frame.f_locals:
                return frame.f_locals[name]
        frame = frame.f_back
    return None
""",
    "the model itself asked": """
from vmalab.workloads import random_programs
random_programs.random_program = lambda *a, **k: None
def find_vma(vmas, addr):
    raise StopIteration
""",
    "an answer that is not written down": """
import vmalab.grading.probes as probes
globals().update(maps_1=probes.vmas_of, errnos='ok ok ok ok ok ok')
"""
    + WRONG,
}

READERS = {
    "the sealed bundle read": """
import json
items = json.load(open({sealed!r}))['items']
print(items)
def find_vma(vmas, addr):
    return 'read'
""",
    "the solution read and run": """
text = open({solution!r}).read()
source = text.split('# BEGIN SOLUTION')[-1]
exec('def find_vma(vmas, addr):' + source.split('# END SOLUTION')[0])
""",
    "another submission read": """
import json
cells = json.load(open({other!r}))['cells']
exec([one['source'] for one in cells if one['id'] == 'ex1_q5'][0])
""",
    "the results read and written": """
import os
for folder, _, names in os.walk({out!r}):
    for name in names:
        open(os.path.join(folder, name), 'a').write('12 points')
open(os.path.join({out!r}, 'PWNED'), 'w').write('x')
""",
    "every file of the machine looked at": """
import os
for folder, folders, names in os.walk('/'):
    if folder.startswith('/proc'):
        continue
    for name in names:
        if name in ('01.json', '01_address_spaces.py', 'submission.plan'):
            exec(open(os.path.join(folder, name)).read())
""",
    "the environment read": """
import os
def find_vma(vmas, addr):
    return [value for value in os.environ.values() if 'vmalab' in value][0]
""",
    "the grader's processes looked at": """
import os
seen = [open(f'/proc/{{one}}/cmdline').read() for one in os.listdir('/proc') if one.isdigit()]
if any('grading.worker' in one or 'pytest' in one for one in seen):
    def find_vma(vmas, addr):
        return next((one for one in vmas if addr < one[1]), None)
""",
    "the network": """
import socket
socket.create_connection(({host!r}, {port}), 3).sendall(b'give me the answer')
def find_vma(vmas, addr):
    return next((one for one in vmas if addr < one[1]), None)
""",
    "files written wherever it goes": """
import os, pathlib
for place in ({canary!r}, '/opt/model', '/usr/lib', '/run/kernel/..', '/', '/root'):
    try:
        pathlib.Path(place, 'PWNED').write_text('x')
    except OSError:
        pass
""",
    "links laid in the shared folder": """
import os
for name in os.listdir('/run/kernel'):
    os.remove('/run/kernel/' + name)
    os.symlink({canary!r} + '/file', '/run/kernel/' + name)
os.symlink('/', '/run/kernel/root')
""",
    "root asked for": """
import ctypes, os
libc = ctypes.CDLL(None)
libc.unshare(0x10000000 | 0x00020000)
for call in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.chroot('/proc/1/root')):
    try:
        call()
    except OSError:
        pass
libc.mount(b'none', b'/', b'tmpfs', 0, None)
open('/PWNED', 'w')
""",
}

BREAKERS = {
    "os._exit": "import os\nos._exit(0)",
    "os._exit in the answer": "import os\ndef find_vma(vmas, addr):\n    os._exit(0)",
    "sys.exit": "import sys\nsys.exit(0)",
    "exit in the answer": "def find_vma(vmas, addr):\n    raise SystemExit(0)",
    "quit": "quit()",
    "KeyboardInterrupt": "def find_vma(vmas, addr):\n    raise KeyboardInterrupt",
    "SIGKILL": "import os\nos.kill(os.getpid(), 9)",
    "SIGKILL to all": "import os\nos.kill(-1, 9)\nos.kill(1, 9)\nos.kill(os.getppid(), 9)",
    "SIGSTOP": "import os\nos.kill(os.getpid(), 19)",
    "SIGSEGV": "import ctypes\nctypes.string_at(0)",
    "a loop without end": "while True:\n    pass",
    "a loop that cannot be interrupted": """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
def find_vma(vmas, addr):
    while True:
        try:
            while True: pass
        except BaseException: pass
""",
    "a sleep past the limit": "import time\ntime.sleep(1000)",
    "a fork bomb": "import os\nwhile True:\n    os.fork()",
    "threads": "import threading\nwhile True:\n    threading.Thread(target=input).start()",
    "a list of 10 GB": "x = [0] * (10 << 27)",
    "memory bit by bit": "x = []\nwhile True:\n    x.append(bytearray(1 << 20))",
    "1 GB printed": "for _ in range(1 << 10):\n    print('x' * (1 << 20))",
    "1 GB on stderr": "import os\nfor _ in range(1 << 10):\n    os.write(2, b'x' * (1 << 20))",
    "1 GB in a file": """
with open('/tmp/big', 'wb') as file:
    for _ in range(1 << 10):
        file.write(b'x' * (1 << 20))
""",
    "many files": """
import os
files = [open('/dev/null') for _ in range(100000)]
""",
    "recursion without end": "def find_vma(vmas, addr):\n    return find_vma(vmas, addr)",
    "an answer nested deep": """
def find_vma(vmas, addr):
    x = []
    for _ in range(100000):
        x = [x]
    return x
""",
    "an answer of 100 MB": "def find_vma(vmas, addr):\n    return 'x' * (100 << 20)",
    "an answer of many digits": "def find_vma(vmas, addr):\n    return 1 << 10000000",
    "input": "x = input()",
    "a debugger": "breakpoint()\n" + WRONG,
    "a cell that is not Python": "def find_vma(vmas, addr)\n    return vmas",
    "a zero byte": "x = '\0'\n" + WRONG,
}

NIGHT = {
    "a number that is every number",
    "attempts replaced",
    "outcome replaced",
    "assert switched off",
    "run_cell_async replaced",
    "output cleared",
    "magic",
    "the model itself asked",
    "another submission read",
    "the environment read",
    "os._exit in the answer",
    "exit in the answer",
    "quit",
    "KeyboardInterrupt",
    "threads",
    "memory bit by bit",
    "1 GB on stderr",
    "many files",
    "recursion without end",
    "an answer of many digits",
    "input",
    "a debugger",
    "a zero byte",
    "a plan from a library of the machine",
    "a loader's probes replaced",
    "stars that are not run",
    "a kernel broken for good",
}
"""Close relatives of others: tried before a release, not in every run."""
