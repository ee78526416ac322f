"""The plan: whole batches, neighbours, and the same job or none."""

import json
import subprocess
import sys

import pytest

from data_pipelines.beam_files import ASIDE, Listed, read_part
from data_pipelines.code_shards import MANIFEST, Shard, Summary, manifest_of, shard_name
from data_pipelines.records import DataError
from data_pipelines.shard_plan import PLAN, Job, grouped, held, planned, tasks, written_alone
from tests.data_pipelines.test_code_shards import shard
from tfretrieval.files import InUse

FILES = [Listed(f"{i:02d}.jpg", 10 * i, i) for i in range(11)]
ABOUT = {"model": "m", "bits": 12, "batch_size": 2, "files": "pictures"}


@pytest.fixture
def job(tmp_path):
    return Job("RUN", "PICTURES", str(tmp_path / "codes"), 3, ABOUT)


@pytest.fixture
def plan(job, tmp_path):
    """Shards of 4, 4 and 3 files, each with a code of two bytes."""
    with written_alone(job.out):
        lines = planned(job, grouped(FILES, 2, 3))
    for number, line in enumerate(lines[1:]):
        written = shard(len(json.loads(line)), about=job.about_shard(line))
        (tmp_path / "codes" / shard_name(number, 3)).write_bytes(written.contents())
    return lines


@pytest.mark.parametrize("count", [1, 2, 10, 11])
@pytest.mark.parametrize("batch_size", [1, 2, 4, 64])
@pytest.mark.parametrize("shards", [1, 2, 3, 100])
def test_shards_are_neighbours_and_batches_those_of_one_machine(count, batch_size, shards):
    groups = grouped(FILES[:count], batch_size, shards)
    assert [file for group in groups for file in group] == FILES[:count]
    batches = -(-count // batch_size)
    assert len(groups) == min(shards, batches)
    assert all(len(group) % batch_size == 0 for group in groups[:-1])
    sizes = [-(-len(group) // batch_size) for group in groups]
    assert min(sizes) > 0 and max(sizes) - min(sizes) <= 1


def test_a_worker_finds_its_files_in_the_plan(job, plan):
    for number, start, length in tasks(plan, [2, 0]):
        line = read_part(f"{job.out}/{PLAN}", start, length)
        rows = [[file.name, file.size, file.time] for file in grouped(FILES, 2, 3)[number]]
        assert line == plan[1 + number] and json.loads(line) == rows


def test_the_same_plan_stays_and_one_whose_files_have_changed_is_written_again(job, plan, tmp_path):
    path = tmp_path / "codes" / PLAN
    time = path.stat().st_mtime_ns
    assert planned(job, grouped(FILES, 2, 3)) == plan and path.stat().st_mtime_ns == time
    changed = [Listed(file.name, file.size + (i == 5), file.time) for i, file in enumerate(FILES)]
    lines = planned(job, grouped(changed, 2, 3))
    assert [line == before for line, before in zip(lines, plan, strict=True)] == [
        True, True, False, True]  # fmt: skip
    assert path.read_bytes().splitlines() == lines
    assert [summary is None for summary in held(job, lines)] == [False, True, False]


@pytest.mark.parametrize(
    "about, files, told",
    [
        ({"model": "other", "bits": 16}, FILES, "holds codes of another model"),
        ({"batch_size": 4}, FILES, "was begun with batch_size 2, not 4"),
        ({"files": "tfrecord", "id_feature": None}, FILES, "was begun with files 'pictures'"),
        ({}, FILES[:-1], "was begun with other files ('10.jpg' is gone)"),
        ({}, [*FILES, Listed("x.jpg", 1, 1)], "was begun with other files ('x.jpg' is new)"),
    ],
)
def test_another_job_is_refused(job, plan, about, files, told):
    other = Job(job.model, job.base, job.out, 3, {**ABOUT, **about})
    with pytest.raises(DataError) as error:
        planned(other, grouped(files, 2, 3))
    assert told in str(error.value) and str(error.value).endswith("choose another --out")


def test_a_damaged_plan_is_refused(job, plan, tmp_path):
    (tmp_path / "codes" / PLAN).write_bytes(b'{"model": "m"}\n[[')
    with pytest.raises(DataError, match="plan.jsonl is damaged: delete it and run again"):
        planned(job, grouped(FILES, 2, 3))


def test_what_is_there_is_summed_up_and_what_is_not_whole_taken_away(job, plan, tmp_path, capsys):
    assert [summary.codes for summary in held(job, plan)] == [4, 4, 3]
    (tmp_path / "codes" / shard_name(0, 3)).unlink()
    (tmp_path / "codes" / shard_name(1, 3)).write_bytes(b"half of a")
    assert [summary and summary.codes for summary in held(job, plan)] == [None, None, 3]
    assert "codes-00001-of-00003.npz is no shard of codes" in capsys.readouterr().err
    assert not (tmp_path / "codes" / shard_name(1, 3)).exists()


def test_a_shard_without_the_checksum_of_the_manifest_is_taken_away(job, plan, tmp_path, capsys):
    summaries = held(job, plan)
    (tmp_path / "codes" / MANIFEST).write_bytes(manifest_of(ABOUT, "PICTURES", summaries))
    assert held(job, plan) == summaries
    about = job.about_shard(plan[2])
    other = Shard(shard(4).packed ^ 16, shard(4).ids, {}, about).contents()
    (tmp_path / "codes" / shard_name(1, 3)).write_bytes(other)
    assert Summary.of(Shard.of(other, ""), other).codes == 4
    assert [summary is None for summary in held(job, plan)] == [False, True, False]
    assert "does not have its checksum" in capsys.readouterr().err


def test_one_process_writes_and_clears_what_was_killed(job, plan, tmp_path):
    left = tmp_path / "codes" / f"{shard_name(1, 3)}{ASIDE}12ab"
    left.write_bytes(b"half")
    script = (
        "import sys; from data_pipelines.shard_plan import written_alone\n"
        "with written_alone(sys.argv[1]): pass"
    )
    with written_alone(job.out):
        assert not left.exists()
        command = [sys.executable, "-c", script, job.out]
        done = subprocess.run(command, capture_output=True, text=True)
        assert InUse.__name__ in done.stderr and "another process" in done.stderr
    assert subprocess.run(command).returncode == 0


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(DataError, match="holds 'letter.txt'"), written_alone(str(tmp_path)):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
