"""What all promised runtimes run: an allow-list of builtin operators with their newest version.

The oldest of them sets the limit. Its table was measured: a one-operator model of every version was
loaded by tflite-runtime 2.14.0, and the newest version that it accepted is written here. LiteRT and
the later TensorFlow Lite releases accept everything below.
"""

from .reader import Model, Operator, Subgraph, Tensor, read_model

OLDEST_RUNTIME = "tflite-runtime 2.14.0"

_BY_NEWEST_VERSION = {
    1: """
        ADD_N BITWISE_XOR CEIL CUMSUM ELU EXPAND_DIMS FLOOR HARD_SWISH LOG LOGICAL_AND
        LOGICAL_NOT LOGICAL_OR NEG ONE_HOT POW PRELU REDUCE_ALL REDUCE_ANY RELU_0_TO_1
        RELU_N1_TO_1 RESHAPE RIGHT_SHIFT ROUND SCATTER_ND SEGMENT_SUM SHAPE SQRT SQUARE
        UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_MIN UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_SUM
        ZEROS_LIKE
    """,
    2: """
        DEPTH_TO_SPACE DIV EXP FLOOR_MOD GELU GREATER L2_NORMALIZATION LEAKY_RELU LESS_EQUAL
        LOG_SOFTMAX RANGE REDUCE_PROD RSQRT SELECT_V2 SIGN SPACE_TO_DEPTH SPLIT_V
        SQUARED_DIFFERENCE SQUEEZE SUM
    """,
    3: """
        ARG_MAX ARG_MIN AVERAGE_POOL_2D BROADCAST_TO FLOOR_DIV GREATER_EQUAL LESS LOGISTIC
        MAX_POOL_2D MEAN MIRROR_PAD NOT_EQUAL QUANTIZE REDUCE_MAX REDUCE_MIN RELU RELU6
        REVERSE_V2 SOFTMAX TANH TILE TOPK_V2 UNIDIRECTIONAL_SEQUENCE_RNN
    """,
    4: """
        BATCH_MATMUL BATCH_TO_SPACE_ND CONCATENATION EQUAL FILL GATHER_ND MAXIMUM MINIMUM PACK
        PAD PADV2 SELECT SPACE_TO_BATCH_ND SPLIT UNIDIRECTIONAL_SEQUENCE_LSTM UNPACK
    """,
    5: """
        ABS ADD CAST DEQUANTIZE SUB
    """,
    6: """
        GATHER SLICE TRANSPOSE
    """,
    7: """
        CONV_2D DEPTHWISE_CONV_2D MUL
    """,
    8: """
        STRIDED_SLICE
    """,
    10: """
        FULLY_CONNECTED
    """,
}

ALLOWED_OPERATORS: dict[str, int] = {
    name: version for version, names in _BY_NEWEST_VERSION.items() for name in names.split()
}
"""Operator name -> newest version that tflite-runtime 2.14.0 runs."""

_NO_INT4 = {"CONV_2D", "DEPTHWISE_CONV_2D", "DEQUANTIZE"}
_NEWER_TYPES = {"BFLOAT16", "INT2", "UINT4", "FLOAT8_E4M3FN", "FLOAT8_E5M2"}


def multiplies_int4(outputs: int, inputs: int) -> bool:
    """Whether the oldest runtime multiplies an int4 matrix of this shape with int8 activations.

    Measured: it packs blocks of 4 rows and 32 columns. With 2 or 3 rows, or another last block than
    an even number of up to 16 columns, it answers wrongly, or writes where it must not.
    """
    return (outputs == 1 or outputs >= 4) and inputs >= 32 and inputs % 2 == 0 and inputs % 32 <= 16


def check_operators(model: bytes, *, versions: bool = True) -> list[str]:
    """What keeps the oldest runtime from running a model, one sentence each; [] when nothing does.

    Custom and Flex operators, operators and tensor types that it lacks, versions that are too new,
    and quantisation that it refuses or computes wrongly. `versions=False` looks at the operators'
    names only: right for a file that was exported for newer runtimes.
    """
    return list(dict.fromkeys(_problems(read_model(model), versions)))


def _problems(model: Model, versions: bool) -> list[str]:
    found = []
    for graph in model.subgraphs:
        for node in graph.operators:
            found += _name_problems(node)
            if versions:
                found += _version_problems(node) + _weight_problems(node, graph)
        if versions:
            found += _type_problems(graph)
    return found


def _name_problems(node: Operator) -> list[str]:
    if node.name.startswith("CUSTOM:Flex"):
        return [f"operator {node.name[7:]} needs the Flex delegate; only builtins are allowed"]
    if node.name.startswith("CUSTOM:"):
        return [f"custom operator {node.name[7:]!r}; only builtins are allowed"]
    if node.name not in ALLOWED_OPERATORS:
        return [f"operator {node.name} is not on the list of allowed builtins"]
    return []


def _version_problems(node: Operator) -> list[str]:
    newest = ALLOWED_OPERATORS.get(node.name, node.version)
    if node.version <= newest:
        return []
    return [f"{node.name} version {node.version}: {OLDEST_RUNTIME} runs at most version {newest}"]


def _weight_problems(node: Operator, graph: Subgraph) -> list[str]:
    """Weights that load on an old runtime but fail there, or give wrong numbers without a word."""
    found = []
    for weights in (graph.tensors[index] for index in node.inputs if index >= 0):
        if node.name == "FULLY_CONNECTED" and weights.type == "INT8" and weights.scales > 1:
            found.append(f"FULLY_CONNECTED with per-channel INT8 weights: not on {OLDEST_RUNTIME}")
        if node.name in _NO_INT4 and weights.type == "INT4":
            found.append(f"{node.name} of INT4 weights: not on {OLDEST_RUNTIME}")
        if node.name == "FULLY_CONNECTED" and _misread_int4(weights):
            found.append(
                f"FULLY_CONNECTED of INT4 weights {list(weights.shape)}: wrong on {OLDEST_RUNTIME}"
            )
        if weights.blockwise:
            found.append(f"{node.name} with block-wise quantised weights: not on {OLDEST_RUNTIME}")
        if weights.sparse and weights.type == "INT8":
            found.append(f"{node.name} with sparse INT8 weights: fails under XNNPACK")
    return found


def _misread_int4(weights: Tensor) -> bool:
    matrix = len(weights.shape) == 2 and weights.type == "INT4"
    return matrix and not multiplies_int4(*weights.shape)


def _type_problems(graph: Subgraph) -> list[str]:
    types = {tensor.type for tensor in graph.tensors}
    newer = sorted(t for t in types if t in _NEWER_TYPES or t.startswith("TYPE_"))
    return [f"tensor type {name}: {OLDEST_RUNTIME} does not know it" for name in newer]
