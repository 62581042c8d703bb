"""The model's network, written down for onnxruntime so that it multiplies whole numbers.

Contributes speed: the file of weights as published is turned back into fractions when it is loaded, which takes four
times the memory and twice the time. Here its weights stay one byte each. Activations are rounded to a byte for each
matrix (com.microsoft's DynamicQuantizeMatMul). Weights are moved to 0..255 around 128: bytes without a sign cannot
overflow in the instructions of older processors, signed ones can.

Files in the ONNX format are protocol buffers. The few fields needed are read and written here, by their numbers in
github.com/onnx/onnx, onnx/onnx.proto; the `onnx` package would be 20 MB for that.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]

LAYERS, HEADS, WIDTH = 6, 12, 384
_EPSILON = 1e-12  # BERT's, in every layer normalisation
_ZERO = np.uint8(128)  # what stands for 0 among unsigned bytes

# TensorProto.DataType
_TYPES: Mapping[int, np.dtype[np.generic]] = {
    1: np.dtype("<f4"),
    2: np.dtype("u1"),
    3: np.dtype("i1"),
    7: np.dtype("<i8"),
    9: np.dtype("?"),
}
_NUMBERS = {kind: number for number, kind in _TYPES.items()}
_IR_VERSION, _OPSET, _MICROSOFT = 8, 18, "com.microsoft"


class Unreadable(ValueError):
    """This is not a model file that Tutor can read."""


def weights(model: bytes) -> dict[str, Array]:
    """The named arrays in an ONNX file, as views of `model`; raises Unreadable if it is something else."""
    found: dict[str, Array] = {}
    try:
        for graph in _parts(memoryview(model), 7):  # ModelProto.graph
            for tensor in _parts(graph, 5):  # GraphProto.initializer
                name, array = _tensor(tensor)
                found[name] = array
    except (IndexError, KeyError, ValueError, struct.error) as problem:
        raise Unreadable(f"not a model file: {problem}") from None
    return found


def network(found: Mapping[str, Array]) -> bytes:
    """An ONNX file of the network without its embedding tables.

    Input `e`, float32 (1, pieces, 384): the sum of each piece's embeddings. Output `h`, likewise: the last hidden
    states. `found` are the published file's weights.
    """
    # The exporter numbered the matrices instead of naming them; they follow the layers: query, key, value, output of
    # the attention, and the two of the feed-forward part.
    matrices = [key[:-2] for key in found if key.startswith("val_") and key.endswith("_q")]
    if len(matrices) != 6 * LAYERS:
        raise Unreadable(f"{len(matrices)} matrices instead of {6 * LAYERS}")
    net = _Network()
    prefix = "inner.embeddings.LayerNorm"
    x = net.add(
        "LayerNormalization",
        ["e", net.hold(found[f"{prefix}.weight"]), net.hold(found[f"{prefix}.bias"])],
        domain="",
        axis=-1,
        epsilon=_EPSILON,
    )

    def multiply(x: str, names: Sequence[str], biases: Sequence[str]) -> str:
        # flipping the top bit of a signed byte adds 128
        matrix = np.concatenate([found[f"{n}_q"].view(np.uint8) ^ _ZERO for n in names], axis=1)
        scale = np.concatenate([found[f"{n}_scale"].reshape(-1) for n in names])
        bias = np.concatenate([found[n] for n in biases])
        zero = np.full(scale.shape, _ZERO, np.uint8)
        held = (net.hold(matrix), net.hold(scale), net.hold(zero), net.hold(bias))
        return net.add("DynamicQuantizeMatMul", [x, *held])

    def normalise(x: str, more: str, prefix: str) -> str:
        held = (net.hold(found[f"{prefix}.weight"]), net.hold(found[f"{prefix}.bias"]))
        return net.add("SkipLayerNormalization", [x, more, *held], epsilon=_EPSILON)

    for layer in range(LAYERS):
        prefix = f"inner.encoder.layer.{layer}"
        *threefold, mixed, wide, narrow = matrices[6 * layer : 6 * layer + 6]
        # one product for three: the input is rounded and read once
        asked = multiply(x, threefold, [f"{prefix}.attention.self.{part}.bias" for part in ("query", "key", "value")])
        split = net.add_many("Split", [asked], 3, domain="", axis=2, num_outputs=3)
        attended = net.add("MultiHeadAttention", split, num_heads=HEADS)
        x = normalise(
            x,
            multiply(attended, [mixed], [f"{prefix}.attention.output.dense.bias"]),
            f"{prefix}.attention.output.LayerNorm",
        )
        bent = net.add("Gelu", [multiply(x, [wide], [f"{prefix}.intermediate.dense.bias"])])
        x = normalise(x, multiply(bent, [narrow], [f"{prefix}.output.dense.bias"]), f"{prefix}.output.LayerNorm")
    return net.model(x)


class _Network:
    """A graph under construction: nodes and arrays as protocol buffers, results named by number."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._arrays: list[bytes] = []
        self._names = 0

    def _name(self) -> str:
        self._names += 1
        return f"t{self._names}"

    def hold(self, array: Array) -> str:
        name = self._name()
        dims = b"".join(_number(1, size) for size in array.shape)
        kind = _number(2, _NUMBERS[array.dtype])
        self._arrays.append(_part(5, dims + kind + _text(8, name) + _part(9, array.tobytes())))  # TensorProto
        return name

    def add(self, op: str, inputs: Sequence[str], *, domain: str = _MICROSOFT, **settings: int | float) -> str:
        return self.add_many(op, inputs, 1, domain=domain, **settings)[0]

    def add_many(
        self, op: str, inputs: Sequence[str], outputs: int, *, domain: str = _MICROSOFT, **settings: int | float
    ) -> list[str]:
        names = [self._name() for _ in range(outputs)]
        ends = b"".join(_text(1, name) for name in inputs) + b"".join(_text(2, name) for name in names)
        attributes = b"".join(_part(5, _attribute(key, value)) for key, value in settings.items())
        self._nodes.append(_part(1, ends + _text(4, op) + attributes + _text(7, domain)))  # NodeProto
        return names

    def model(self, result: str) -> bytes:
        last = _text(1, result) + _text(2, "h") + _text(4, "Identity")
        graph = b"".join(
            (
                *self._nodes,
                _part(1, last),
                _text(2, "sentence"),
                *self._arrays,
                _part(11, _port("e")),
                _part(12, _port("h")),
            )
        )
        opsets = _part(8, _text(1, "") + _number(2, _OPSET)) + _part(8, _text(1, _MICROSOFT) + _number(2, 1))
        return _number(1, _IR_VERSION) + _text(2, "tutor") + _part(7, graph) + opsets


def _port(name: str) -> bytes:
    """ValueInfoProto: float32 (1, n, WIDTH)."""
    shape = b"".join(_part(1, size) for size in (_number(1, 1), _text(2, "n"), _number(1, WIDTH)))
    return _text(1, name) + _part(2, _part(1, _number(1, 1) + _part(2, shape)))


def _attribute(key: str, value: int | float) -> bytes:
    """AttributeProto: field 20 says whether it is a FLOAT (1, in field 2) or an INT (2, in field 3)."""
    if isinstance(value, float):
        return _text(1, key) + _tag(2, 5) + struct.pack("<f", value) + _number(20, 1)
    return _text(1, key) + _number(3, value) + _number(20, 2)


def _tensor(raw: memoryview) -> tuple[str, Array]:
    """TensorProto: dims 1, data_type 2, name 8, raw_data 9."""
    dims: list[int] = []
    kind, name, data = 0, "", raw[:0]
    for field, value in _fields(raw):
        if isinstance(value, int):
            if field == 1:
                dims.append(value)
            elif field == 2:
                kind = value
        elif field == 1:  # the same numbers, packed
            at = 0
            while at < len(value):
                size, at = _varint(value, at)
                dims.append(size)
        elif field == 8:
            name = bytes(value).decode()
        elif field == 9:
            data = value
    return name, np.frombuffer(data, _TYPES[kind]).reshape(dims)


def _parts(message: memoryview, wanted: int) -> Iterator[memoryview]:
    return (value for field, value in _fields(message) if field == wanted and not isinstance(value, int))


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Field numbers with a whole number, or the bytes of anything longer (protobuf.dev, "Encoding")."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        if tag & 7 == 0:
            number, at = _varint(message, at)
            yield tag >> 3, number
            continue
        if tag & 7 == 2:
            size, at = _varint(message, at)
        elif tag & 7 in (1, 5):
            size = 8 if tag & 7 == 1 else 4
        else:
            raise ValueError(f"wire type {tag & 7}")
        if at + size > len(message):
            raise ValueError("cut off")
        yield tag >> 3, message[at : at + size]
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Seven bits a byte, the lowest first; the top bit says that more follow."""
    number = shift = 0
    while True:
        byte = message[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7


def _number(field: int, value: int) -> bytes:
    return _tag(field, 0) + _bytes(value & (1 << 64) - 1)


def _text(field: int, value: str) -> bytes:
    return _part(field, value.encode())


def _part(field: int, value: bytes) -> bytes:
    return _tag(field, 2) + _bytes(len(value)) + value


def _tag(field: int, kind: int) -> bytes:
    return _bytes(field << 3 | kind)


def _bytes(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
