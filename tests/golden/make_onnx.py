"""Makes the small ONNX files of tests/golden/onnx anew: one operator or attribute each, with what ONNX's own reference evaluator
computes for one input; of those in onnx_exports.py, ONNX Runtime.

    python tests/golden/make_onnx.py        (onnx 1.23, onnxruntime 1.32, numpy)

Beside NAME.onnx lies NAME.safetensors with `images` and `logits`; files that must be refused (refused_*) have none.
"""

import json
import pathlib
import struct

import numpy
import onnx
import onnx_exports
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

HERE = pathlib.Path(__file__).parent / "onnx"
random = numpy.random.default_rng(3)


def weights(*shape):
    return random.standard_normal(shape).astype(numpy.float32)


def save(path, tensors):
    header, blobs, offset = {}, [], 0
    for name, array in sorted(tensors.items()):
        blob = numpy.ascontiguousarray(array, dtype=numpy.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


class Net:
    """Collects nodes; `x` is the value they go on with."""

    def __init__(self, channels=2, size=(5, 6), batch="N", opset=17):
        self.nodes, self.constants, self.opset = [], [], opset
        self.shape, self.batch, self.x = (channels, *size), batch, "images"

    def constant(self, name, array):
        self.constants.append(numpy_helper.from_array(numpy.asarray(array), name))
        return name

    def node(self, op, *more, output=None, first=True, **attributes):
        output = output or f"{op.lower()}{len(self.nodes)}"
        inputs = ([self.x] if first else []) + list(more)
        self.nodes.append(helper.make_node(op, inputs, [output], name=f"node_{output}", **attributes))
        self.x = output
        return self

    def conv(self, channels_in, channels_out, kernel=(3, 3), bias=True, groups=1, **attributes):
        index = len(self.nodes)
        names = [self.constant(f"conv{index}.weight", weights(channels_out, channels_in // groups, *kernel))]
        if bias:
            names.append(self.constant(f"conv{index}.bias", weights(channels_out)))
        return self.node("Conv", *names, group=groups, **attributes)

    def norm(self, channels, **attributes):
        index = len(self.nodes)
        values = [weights(channels), weights(channels), weights(channels), numpy.abs(weights(channels)) + numpy.float32(0.5)]
        ends = ("weight", "bias", "running_mean", "running_var")
        return self.node("BatchNormalization", *[self.constant(f"bn{index}.{end}", v) for end, v in zip(ends, values)], **attributes)

    def classify(self, classes=3):
        try:
            features = self.run(numpy.zeros((2, *self.shape), numpy.float32)).size // 2
        except Exception:  # files that are to be refused need not make sense
            features = 1
        return self.node("Flatten", axis=1).node("Gemm", self.constant("fc.weight", weights(classes, features)),
                                                self.constant("fc.bias", weights(classes)), transB=1)

    def model(self):
        graph = helper.make_graph(
            self.nodes, "small", [helper.make_tensor_value_info("images", TensorProto.FLOAT, [self.batch, *self.shape])],
            [helper.make_tensor_value_info(self.x, TensorProto.FLOAT, [self.batch, None])], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8, producer_name="make_onnx")

    def run(self, images):
        return ReferenceEvaluator(self.model()).run(None, {"images": images})[0]

    def write(self, name):
        model = self.model()
        onnx.checker.check_model(model)
        batch = self.batch if isinstance(self.batch, int) else 2
        images = random.standard_normal((batch, *self.shape)).astype(numpy.float32)
        logits = self.run(images)
        (HERE / f"{name}.onnx").write_bytes(model.SerializeToString())
        save(HERE / f"{name}.safetensors", {"images": images, "logits": logits})


def convolutions():
    Net().conv(2, 4, pads=[1, 1, 1, 1]).node("Relu").classify().write("conv")
    Net().conv(2, 4, (3, 1), bias=False, strides=[2, 1], dilations=[1, 2], pads=[1, 0, 1, 0], kernel_shape=[3, 1]).classify().write(
        "conv_strides_no_bias")
    Net(4).conv(4, 6, groups=2, pads=[1, 1, 1, 1]).classify().write("conv_groups")
    Net(4).conv(4, 4, groups=4, pads=[0, 1, 0, 1]).classify().write("conv_depthwise")
    Net().conv(2, 3, pads=[0, 1, 2, 0], strides=[2, 1]).classify().write("conv_pads_differ")
    Net(size=(7, 7)).conv(2, 3, pads=[0, 2, 2, 0], dilations=[2, 2]).classify().write("conv_pads_differ_dilated")
    Net(size=(6, 7)).conv(2, 3, auto_pad="SAME_UPPER", strides=[2, 2]).classify().write("conv_same_upper")
    Net(size=(6, 7)).conv(2, 3, (2, 2), auto_pad="SAME_LOWER").classify().write("conv_same_lower")
    Net().conv(2, 3, auto_pad="VALID").classify().write("conv_valid")
    net = Net()
    net.node("Pad", net.constant("pads", numpy.array([0, 0, 1, 0, 0, 0, 2, 1])))
    net.conv(2, 3, pads=[0, 0, 0, 1]).classify().write("pad_then_conv")


def pools():
    Net(size=(7, 8)).node("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]).classify().write("max_pool")
    Net(size=(7, 7)).node("MaxPool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1).classify().write("max_pool_ceil_same")
    net = Net(size=(6, 6)).node("Relu")
    net.node("Pad", net.constant("pads", numpy.array([0, 0, 1, 1, 0, 0, 1, 1])))
    net.node("MaxPool", kernel_shape=[3, 3], strides=[2, 2]).classify().write("pad_relu_max_pool")
    Net(size=(6, 6)).node("AveragePool", kernel_shape=[2, 2], strides=[2, 2]).classify().write("average_pool")
    Net(size=(6, 6)).node("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1]).classify().write("average_pool_pads_not_counted")
    Net(size=(6, 6)).node("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1).classify().write(
        "average_pool_pads_counted")
    Net(size=(6, 6)).node("AveragePool", kernel_shape=[2, 2], auto_pad="SAME_UPPER", strides=[2, 2]).classify().write(
        "average_pool_same")
    Net().node("GlobalAveragePool").classify().write("global_average_pool")
    Net(opset=17).node("ReduceMean", axes=[2, 3], keepdims=1).classify().write("reduce_mean_17")
    net = Net(opset=18)
    net.node("ReduceMean", net.constant("axes", numpy.array([-1, -2])), keepdims=0)
    net.node("Gemm", net.constant("w", weights(2, 3))).write("reduce_mean_18")


def arithmetic():
    Net().norm(2, epsilon=1e-3).classify().write("batch_norm")
    Net().conv(2, 2, pads=[1, 1, 1, 1], bias=False).norm(2).node("Relu").node("Add", "images").classify().write("residual")
    net = Net(3)
    net.node("Div", net.constant("byte", numpy.float32(255))).node("Sub", net.constant("mean", weights(1, 3, 1, 1)))
    net.node("Div", net.constant("std", numpy.abs(weights(3, 1, 1)) + numpy.float32(0.2))).conv(3, 2).classify().write("preprocessing")
    net = Net()
    net.node("Mul", net.constant("two", numpy.float32(2))).node("Add", net.constant("one", numpy.array([1], numpy.float32)))
    net.nodes.append(helper.make_node("Sub", [net.constant("top", weights(2, 1, 1)), net.x], ["turned"], name="node_turned"))
    net.x = "turned"
    net.node("Relu").classify().write("scaling")
    net = Net()
    net.node("Clip", net.constant("zero", numpy.float32(0)), "").node("Sigmoid").classify().write("clip_sigmoid")
    Net().classify().node("Softmax", axis=1).write("softmax_at_the_end")
    Net().classify().node("Softmax").classify_again().write("softmax_inside")


def linear():
    net = Net().node("Flatten")
    net.node("MatMul", net.constant("w", weights(60, 4))).node("Add", net.constant("b", weights(4))).node("Relu")
    net.node("MatMul", net.constant("v", weights(4, 3))).write("matmul_add")
    net = Net().node("Flatten")
    net.node("Gemm", net.constant("w", weights(60, 3)), net.constant("b", weights(1, 3))).write("gemm_row_bias")


def shapes():
    net = Net()
    net.node("Reshape", net.constant("shape", numpy.array([0, -1]))).node("Gemm", net.constant("w", weights(60, 3))).write("reshape_zero")
    net = Net(opset=20)
    net.node("Reshape", net.constant("shape", numpy.array([-1, 60])), allowzero=1)
    net.node("Gemm", net.constant("w", weights(60, 3))).write("reshape_minus_one")
    net = Net(batch=3)
    net.node("Reshape", net.constant("shape", numpy.array([3, 60]))).node("Gemm", net.constant("w", weights(60, 3))).write(
        "reshape_fixed_batch")
    net = Net()
    net.node("Flatten").node("Reshape", net.constant("shape", numpy.array([0, 4, 5, 3]))).conv(4, 2).classify().write("reshape_back")
    net = Net()
    first = net.conv(2, 3, pads=[1, 1, 1, 1]).x
    net.x = "images"
    net.node("Concat", first, "images", axis=-3).classify().write("concat")
    net = Net(4)
    net.node("Slice", *[net.constant(n, numpy.array(v)) for n, v in
                        (("s", [0, 0]), ("e", [2**63 - 1, 2**31 - 1]), ("a", [2, 3]), ("t", [2, 2]))])
    net.node("Pad", net.constant("pads", numpy.array([0, 2, 0, 0, 0, 2, 0, 0]))).classify().write("shortcut_a")
    net = Net()
    net.node("Slice", *[net.constant(n, numpy.array(v)) for n, v in (("s", [0]), ("e", [99]), ("a", [3]), ("t", [2]))]).classify().write("slice_one_way")
    net = Net(4)
    net.node("Slice", *[net.constant(n, numpy.array(v)) for n, v in (("s", [-3]), ("e", [-1]), ("a", [1]))]).classify().write(
        "slice_channels")
    net = Net(opset=18)
    net.node("Pad", net.constant("pads", numpy.array([1, 2])), "", net.constant("axes", numpy.array([1]))).classify().write("pad_axes")


def folded_pads():
    """As PyTorch's TorchScript exporter writes F.pad(x, (0, 0, 0, 0, 1, 2))."""
    net = Net()

    def made(op, output, *inputs, **attributes):
        net.nodes.append(helper.make_node(op, list(inputs), [output], name=f"node_{output}", **attributes))

    made("ConstantOfShape", "zeros", net.constant("two", numpy.array([2])), value=numpy_helper.from_array(numpy.array([0])))
    made("Concat", "joined", net.constant("given", numpy.array([0, 0, 0, 0, 1, 2])), "zeros", axis=0)
    made("Reshape", "table", "joined", net.constant("pairs", numpy.array([-1, 2])))
    made("Slice", "reversed", "table", net.constant("last", numpy.array([-1])), net.constant("first", numpy.array([-(2**63) + 1])),
         net.constant("rows", numpy.array([0])), net.constant("back", numpy.array([-1])))
    made("Transpose", "turned", "reversed", perm=[1, 0])
    made("Reshape", "flat", "turned", net.constant("all", numpy.array([-1])))
    made("Cast", "pads", "flat", to=TensorProto.INT64)
    net.node("Pad", "pads").classify().write("folded_pads")


def constants():
    net = Net().node("Identity").node("Dropout", output="dropped")
    net.nodes.append(helper.make_node("Identity", [net.constant("shared", weights(3, 60))], ["fc.weight"], name="node_identity"))
    net.node("Flatten").node("Gemm", "fc.weight", transB=1).write("identity_dropout")
    net = Net()
    net.nodes.append(helper.make_node("Constant", [], ["shape"], value=numpy_helper.from_array(numpy.array([0, -1]))))
    net.nodes.append(helper.make_node("Constant", [], ["half"], value_float=0.5))
    net.node("Mul", "half").node("Reshape", "shape").node("Gemm", net.constant("w", weights(60, 3))).write("constant_nodes")
    net = Net()
    half = weights(3, 60).astype(numpy.float16)
    half[0, :4] = [6e-8, -6e-5, 0.0, -65504]
    net.nodes.append(helper.make_node("Cast", [net.constant("half", half)], ["w"], to=TensorProto.FLOAT))
    net.node("Flatten").node("Gemm", "w", transB=1)
    images = random.standard_normal((2, 2, 5, 6)).astype(numpy.float32)
    logits = net.run(images)
    net.nodes.pop(0)
    net.constants[0].name = "w"  # a network all of whose numbers are float16; here it is computed in float32
    (HERE / "float16_weights.onnx").write_bytes(net.model().SerializeToString())
    save(HERE / "float16_weights.safetensors", {"images": images, "logits": logits})
    net = Net()
    net.constants.append(helper.make_tensor("w", TensorProto.FLOAT, [60, 3], weights(60, 3).flatten()))  # float_data, not raw
    net.node("Flatten").node("Gemm", "w").write("packed_floats")
    net = Net(opset=19)
    q = random.integers(-128, 128, (4, 2, 3, 3)).astype(numpy.int8)
    scales = (numpy.abs(weights(4)) / 100 + numpy.float32(0.01)).astype(numpy.float32)
    net.nodes.append(helper.make_node("DequantizeLinear", [
        net.constant("q", q), net.constant("scales", scales), net.constant("zeros", numpy.array([1, -3, 0, 7], numpy.int8))], ["w"],
        axis=0, name="node_dequantize"))
    net.node("Conv", "w", pads=[1, 1, 1, 1])
    net.nodes.append(helper.make_node("DequantizeLinear", [
        net.constant("q2", random.integers(0, 256, (120, 3)).astype(numpy.uint8)), net.constant("scale", numpy.float32(0.02)),
        net.constant("zero", numpy.uint8(131))], ["v"], name="node_dequantize_2"))
    net.node("Flatten").node("Gemm", "v").write("quantized_weights")


def quantized():
    net = Net(opset=19)
    steps = [net.constant("scale", numpy.float32(0.03)), net.constant("zero", numpy.int8(-5))]
    net.node("QuantizeLinear", *steps).node("DequantizeLinear", *steps).conv(2, 4, pads=[1, 1, 1, 1]).node("Relu")
    steps = [net.constant("scale2", numpy.float32(0.05))]
    net.node("QuantizeLinear", *steps).node("DequantizeLinear", *steps).classify().write("quantized_activations")


def quantized_twice():
    """One tensor of integers with two scales, and floats whose name is that of the integers without its end."""
    net = Net(opset=19)
    net.constant("w_quantized", random.integers(-128, 128, (2, 2, 3, 3)).astype(numpy.int8))
    for scale in (0.01, 0.05):
        name = net.constant(f"scale{scale}", numpy.float32(scale))
        net.nodes.append(helper.make_node("DequantizeLinear", ["w_quantized", name], [f"w{scale}"], name=f"node_{scale}"))
        net.node("Conv", f"w{scale}", pads=[1, 1, 1, 1]).node("Relu")
    net.node("Conv", net.constant("w", weights(2, 2, 3, 3))).classify().write("quantized_twice")


def reversed_slice():
    """A list turned round by a Slice that ends at the least integer, as ONNX recommends for "down to the first"."""
    net = Net()
    x = net.x
    net.x = net.constant("turned", numpy.array([1, 2, 0, 0, 0, 1, 0, 0]))
    net.node("Slice", net.constant("from", numpy.array([-1])), net.constant("to", numpy.array([-(2**63)])),
             net.constant("axes", numpy.array([0])), net.constant("steps", numpy.array([-1])))
    pads, net.x = net.x, x
    net.node("Pad", pads).conv(2, 3).classify().write("reversed_slice")


def probabilities_at_the_end():
    Net().classify().node("Softmax").node("Identity").write("softmax_behind_identity")
    Net().conv(2, 3).node("GlobalAveragePool").node("Softmax", axis=1).node("Flatten").write("softmax_behind_flatten")


def size_of_the_batch():
    """x.view(x.size(0), -1) with an open batch, as PyTorch's two exporters write it."""
    net = Net().conv(2, 3)
    x = net.x
    net.node("Shape").node("Gather", net.constant("zero", numpy.array(0)), axis=0).node("Unsqueeze", net.constant("axes", numpy.array([0])))
    net.node("Concat", net.constant("rest", numpy.array([-1])), axis=0)
    shape, net.x = net.x, x
    net.node("Reshape", shape).node("Gemm", net.constant("w", weights(36, 3))).write("view_of_batch")
    net = Net().conv(2, 3)
    x = net.x
    net.node("Shape", start=0, end=1).node("Squeeze").node("Unsqueeze", net.constant("axes", numpy.array([0])))
    net.node("Concat", net.constant("rest", numpy.array([36])), axis=0)
    shape, net.x = net.x, x
    net.node("Reshape", shape).node("Gemm", net.constant("w", weights(36, 3))).write("view_of_batch_by_range")


def refused():
    """What is not read, by the name of the file; some of these nets have become what is read."""
    images_of = numpy.random.default_rng(5)

    def accepted(name, net):
        model = net.model()
        images = images_of.standard_normal((2, *net.shape)).astype(numpy.float32)
        (HERE / f"{name}.onnx").write_bytes(model.SerializeToString())
        save(HERE / f"{name}.safetensors", {"images": images, "logits": net.run(images)})

    def write(name, net, change=lambda model: None):
        model = net.model()
        change(model)
        (HERE / f"refused_{name}.onnx").write_bytes(model.SerializeToString())

    def external(model):
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", "../../weights.bin"

    def cycle(model):
        model.graph.node[0].input[0] = model.graph.node[1].output[0]

    def dims(*sizes):
        def change(model):
            del model.graph.initializer[0].dims[:]
            model.graph.initializer[0].dims.extend(sizes)
        return change

    small = lambda: Net().conv(2, 3).node("Relu").classify()  # noqa: E731
    write("external_data", small(), external)
    write("cycle", small(), cycle)
    write("missing_input", small(), lambda m: m.graph.node[1].input.__setitem__(0, "nowhere"))
    write("shape_overflow", small(), dims(2**32, 2**32, 3, 3))
    write("larger_than_file", small(), dims(2**20, 2, 3, 3))
    write("negative_shape", small(), dims(-3, -2, 3, 3))
    write("opset_6", small(), lambda m: setattr(m.opset_import[0], "version", 6))
    write("other_domain", small(), lambda m: setattr(m.graph.node[1], "domain", "com.example"))
    write("two_outputs", small(), lambda m: m.graph.output.append(m.graph.input[0]))
    write("no_output", small(), lambda m: setattr(m.graph.output[0], "name", "nothing"))
    write("open_height", Net(size=("H", 6)).conv(2, 3).classify())
    accepted("sub_of_two", Net().node("Sub", "images").classify())
    accepted("transpose", Net().node("Transpose", perm=[0, 2, 3, 1]).classify())
    accepted("relu6", (lambda n: n.node("Clip", n.constant("a", numpy.float32(0)), n.constant("b", numpy.float32(6))).classify())(Net()))
    write("training_batch_norm", Net().norm(2, training_mode=1).classify())
    accepted("max_pool_ceil_partial", Net(size=(6, 6)).node("MaxPool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1).classify())
    accepted("max_pool_pads_differ", Net(size=(6, 6)).node("MaxPool", kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER").classify())
    accepted("gemm_alpha", (lambda n: n.node("Flatten").node("Gemm", n.constant("w", weights(60, 3)), alpha=0.5))(Net()))
    write("reshape_of_batch", (lambda n: n.node("Reshape", n.constant("s", numpy.array([-1, 30]))).node("Gemm", n.constant(
        "w", weights(30, 3))))(Net()))
    write("quantized_by_channel", (lambda n: n.node("QuantizeLinear", n.constant("s", numpy.array([0.1, 0.2], numpy.float32))).node(
        "DequantizeLinear", "s").classify())(Net()))
    write("quantized_otherwise", (lambda n: n.node("QuantizeLinear", n.constant("s", numpy.float32(0.1))).node(
        "DequantizeLinear", n.constant("t", numpy.float32(0.2))).classify())(Net()))
    net = Net()
    x = net.x
    many, wide = [0, 0, 300, 300] * 2, [0, 0, 40, 40] * 2
    net.node("Pad", net.constant("x", weights(2, 2, 3, 3)), net.constant("many", numpy.array(many)), output="images_of_zeros", first=False)
    net.node("Pad", net.constant("w", weights(2, 2, 1, 1)), net.constant("wide", numpy.array(wide)), output="kernels", first=False)
    net.node("Conv", "images_of_zeros", "kernels", first=False)
    by, net.x = net.x, x
    write("too_much_work_on_constants", net.node("Add", by).classify())
    write("no_classifier", Net().conv(2, 3))
    write("sigmoid_at_the_end", small().node("Sigmoid"))
    net = Net(opset=13).conv(2, 3).norm(3)
    net.nodes[-1].output.extend(["mean", "var", "saved_mean", "saved_var"])
    write("batch_norm_in_training", net.classify())
    net = Net().conv(2, 3)
    x = net.x
    net.node("Shape").node("Gather", net.constant("zero", numpy.array(0)), axis=0)
    by, net.x = net.x, x
    write("computes_with_the_batch", net.node("Mul", by).classify())


Net.classify_again = lambda self: self.node("Gemm", self.constant("again.weight", weights(3, 3)), transB=1)

if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for old in HERE.iterdir():
        old.unlink()
    for part in (convolutions, pools, arithmetic, linear, shapes, constants, quantized, refused, folded_pads,
                 quantized_twice, size_of_the_batch, probabilities_at_the_end,
                 reversed_slice):
        part()
    onnx_exports.write_all(HERE, save)
    print(f"{len(list(HERE.glob('*.onnx')))} files, {sum(f.stat().st_size for f in HERE.iterdir())} bytes")
