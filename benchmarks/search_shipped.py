"""What is asked of search on the shipped base alone: decisions, questions a second, and the whole program's memory."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Table, percentile, table
from benchmarks.search_alone import Alone, alone
from benchmarks.search_ours import OURS, OURS_ALONE
from benchmarks.search_peers import Missing
from benchmarks.search_sets import DEFAULT, SHIPPED, base, questions
from benchmarks.start import TUTOR, cold
from knowledge.search.evaluate import Figures, Outcome, Question, figures

QUIET, PATIENCE = 4.0, 60.0  # seconds without a reply after which all questions are answered; or something is wrong
TALKED = 100  # questions asked of the whole program before its memory is read


def decided(measured: Alone, asked: Sequence[Question]) -> Figures:
    """The figures of an engine that was measured by itself."""
    zipped = zip(asked, measured.found, measured.times, strict=True)
    return figures([Outcome(question, found, ms) for question, found, ms in zipped])


def talking(texts: Sequence[str], *, kept: bool) -> float:
    """Resident memory in MB of a whole `tutor chat` after these questions (Linux).

    Without what is `kept` it begins on an empty cache folder: by words, while another process prepares the base.
    """
    with tempfile.TemporaryDirectory(prefix="tutor-bench-") as folder:
        env = os.environ | {"TUTOR_DATABASE_URL": f"sqlite:///{folder}/tutor.db", "TUTOR_CACHE_DIR": f"{folder}/cache"}
        if kept:
            subprocess.run([TUTOR, "ask", "what is failover"], env=env, check=True, capture_output=True)
        process = subprocess.Popen(
            [TUTOR, "chat", "--json"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdin is not None
        assert process.stdout is not None
        heard, output = [time.monotonic()], process.stdout

        def listen() -> None:
            heard.extend(time.monotonic() for _ in output)

        ears = threading.Thread(target=listen)
        ears.start()
        try:
            process.stdin.write("".join(f"{text}\n" for text in texts).encode())
            process.stdin.flush()
            while len(heard) < len(texts) // 2 or time.monotonic() - heard[-1] < QUIET:
                time.sleep(0.2)
                if process.poll() is not None or time.monotonic() - heard[-1] > PATIENCE:
                    raise RuntimeError(f"tutor chat fell silent after {len(heard) - 1} replies")
            pages = int(Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[1])
            return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        finally:
            process.stdin.close()
            process.wait(30)
            ears.join()


def show(out: Table = table) -> None:
    """Print the tables."""
    given = base(SHIPPED)
    asked = [question for name in DEFAULT[SHIPPED] for question in questions(name, given).questions]
    golden = questions("golden", given).questions
    rows, texts = [], [question.text for question in asked]
    for engine in (OURS, OURS_ALONE):
        try:
            found, speed = alone(engine.name, given, [q.text for q in golden]), alone(engine.name, given, texts)
        except Missing as missing:
            rows.append((engine.name, str(missing), *[""] * 6))
            continue
        of = decided(found, golden)
        inside = [
            decision for (decision, right), count in of.decisions.items() for _ in range(count) if right is not None
        ]
        rows.append(
            (
                engine.name,
                f"{of.answered_wrongly.percent}",
                f"{of.answered_out_of_scope.percent}",
                f"{100 * inside.count('unknown') / len(inside):.1f}",
                f"{percentile(speed.times, 0.5):.2f}",
                f"{percentile(speed.times, 0.99):.1f}",
                f"{1000 * len(texts) / sum(speed.times):.0f}",
                f"{1000 * len(texts) / sum(speed.spent):.0f}",
            )
        )
    rows.append(("goal", "3", "3", "", "3", "10", "300", "300"))
    head = (
        "golden",
        "answered wrongly %",
        "out of scope answered %",
        "declined %",
        "p50 ms",
        "p99 ms",
        "questions/s",
        "questions per CPU s",
    )
    out(f"shipped base: decisions on golden, speed on {len(texts):,} questions", head, rows)
    whole = [
        ("tutor chat, MB after 100 questions", f"{talking(texts[:TALKED], kept=True):.0f}", "250"),
        ("the same, begun on an empty cache", f"{talking(texts[:TALKED], kept=False):.0f}", "250"),
        ("tutor ask, cold, s", f"{cold(TUTOR, 'ask', 'what is failover'):.2f}", "1.5"),
    ]
    out("shipped base, the whole program", ("", "measured", "goal"), whole)
