"""Query of the embedded AWS, told where to look: it answers as MiniStack's own, value by value."""

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from local.cloud.engine import HOST, PYTHON

MENDING = HOST.with_name("ministack_indexes.py")
UNLIKE = Path(__file__).with_name("unlike.py")
PLAYED = 4000


def play(mending: Path, seed: int) -> "subprocess.CompletedProcess[str]":
    command = map(str, (PYTHON, "-I", UNLIKE, mending, seed, PLAYED))
    return subprocess.run([*command], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_answers_are_those_of_ministack_as_it_comes(seed: int) -> None:
    played = play(MENDING, seed)
    assert played.returncode == 0, played.stderr[-3000:]
    did = Counter(json.loads(played.stdout))
    assert did["narrowed"] > did["asked of the whole table"] > 0
    assert min(did["_query 200"], did["_query 400"], did["_put_item 200"]) > 100
    assert min(did["_holds True"], did["_holds False"], did["_below_a_page True"]) > 100
    assert min(did["_attributes True"], did["_attributes False"]) > 100
    assert did["_below_a_page False"] > 0
    assert min(did["pages of 1 MB"], did["saved and loaded"], did["_update_table 200"]) > 0


def test_another_version_of_ministack_is_not_mended(tmp_path: Path) -> None:
    other = tmp_path / MENDING.name
    shutil.copy(MENDING.with_name("ministack_orders.py"), tmp_path)
    shutil.copy(MENDING.with_name("ministack_answers.py"), tmp_path)
    other.write_text(MENDING.read_text().replace('PROVEN = "', 'PROVEN = "not '))
    played = play(other, 1)
    assert played.returncode == 1
    assert "is not the one that local/cloud/ministack_indexes.py mends" in played.stderr
