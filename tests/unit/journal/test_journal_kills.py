"""Real writers, killed at any moment: what was acknowledged is there, and the chain is whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

KILLS = 60
NURSERY = """
import json, os, random, signal, sys
from weexctl.journal import Journal
folder, kills = sys.argv[1], int(sys.argv[2])
path = folder + "/journal.sqlite"
draw = random.Random(3)
Journal.open(path, venue="live", account="acc").close()
acknowledged = []
for _ in range(kills):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        journal = Journal.open(path, venue="live", account="acc")
        n = (journal.state.get("last") or -1) + 1
        while True:
            with journal.transaction(durable=True):
                journal.state.put(f"{n:08}", n)
                journal.state.put("last", n)
            os.write(write, b"%d\\n" % n)
            n += 1
    os.close(write)
    with os.fdopen(read) as lines:
        for _ in range(draw.randrange(1, 25)):
            acknowledged.append(int(lines.readline()))
        for _ in range(draw.randrange(0, 2000)):
            pass
        os.kill(child, signal.SIGKILL)
        acknowledged += [int(line) for line in lines if line.endswith("\\n")]
    os.waitpid(child, 0)
with Journal.open(path, venue="live", account="acc") as journal:
    keys = [int(key) for key in journal.state.names() if key != "last"]
    findings = [f.detail for check in journal.verify() if check.name != "ledger" for f in check.findings]
print(json.dumps({"acknowledged": acknowledged, "keys": keys, "findings": findings}))
"""


def test_no_acknowledged_record_is_lost_in_sixty_kills(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NURSERY, str(tmp_path), str(KILLS)], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert len(found["acknowledged"]) > 5 * KILLS
    assert set(found["acknowledged"]) - set(found["keys"]) == set()
    assert found["keys"] == list(range(len(found["keys"])))
    assert found["findings"] == []
