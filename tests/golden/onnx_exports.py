"""The small ONNX files of tests/golden/onnx that hold what exporters write: other layouts, old opsets, partial windows, work on
constants, weights in another file. make_onnx.py calls write_all(); what each gives for one input is ONNX Runtime's answer.
"""

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FILES = {}
random = numpy.random.default_rng(11)


def weights(*shape):
    return random.standard_normal(shape).astype(numpy.float32)


def ints(*values):
    return numpy.array(values, numpy.int64)


class Export:
    """Collects nodes; `x` is the value they go on with. `dims`: of the input behind the batch, in the file's order."""

    def __init__(self, *dims, opset=17, batch="N", declared=None, last=False):
        self.nodes, self.constants, self.opset, self.batch, self.last = [], [], opset, batch, last
        self.dims, self.declared, self.x = dims or (3, 6, 7), declared, "images"

    def const(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(numpy.asarray(array), name))
        return name

    def op(self, kind, *more, first=True, domain=None, **attributes):
        output = f"{kind.lower()}{len(self.nodes)}"
        inputs = ([self.x] if first else []) + [m if isinstance(m, str) else self.const(m) for m in more]
        self.nodes.append(helper.make_node(kind, inputs, [output], name=f"n{len(self.nodes)}", domain=domain, **attributes))
        self.x = output
        return self

    def conv(self, channels_in, channels_out, kernel=3, bias=True, **attributes):
        more = [weights(channels_out, channels_in, kernel, kernel)] + ([weights(channels_out)] if bias else [])
        return self.op("Conv", *more, **attributes)

    def head(self, classes=3):
        features = self.run(numpy.zeros((self.images(), *self.dims), numpy.float32)).size // self.images()
        return self.op("Flatten").op("Gemm", weights(classes, features), weights(classes), transB=1)

    def images(self):
        return self.batch if isinstance(self.batch, int) else 2

    def model(self):
        dims = [self.batch, *(self.declared or self.dims)]
        graph = helper.make_graph(self.nodes, "small", [helper.make_tensor_value_info("images", TensorProto.FLOAT, dims)],
                                  [helper.make_tensor_value_info(self.x, TensorProto.FLOAT, None)], self.constants)
        ir = 3 if self.opset < 9 else 8 if self.opset < 22 else 10
        if ir == 3:
            graph.input.extend(helper.make_tensor_value_info(c.name, c.data_type, list(c.dims)) for c in self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=ir)

    def run(self, images):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(self.model().SerializeToString(), options, providers=["CPUExecutionProvider"])
        return session.run(None, {"images": images})[0]

    def write(self, name, change=lambda model: model):
        images = random.standard_normal((self.images(), *self.dims)).astype(numpy.float32)
        logits = self.run(images)
        if self.last:
            images = images.transpose(0, 3, 1, 2)
        FILES[name] = (change(self.model()), images, logits.reshape(self.images(), -1))


def layouts():
    mean = {"kernel_shape": [6, 7]}
    Export(opset=13).conv(3, 4, pads=[1] * 4).op("AveragePool", **mean).op("Squeeze", ints(2, -1)).op(
        "Gemm", weights(4, 3), weights(3)).write("squeeze_input")
    Export(opset=11).op("GlobalAveragePool").op("Squeeze", axes=[2, 3]).op("Gemm", weights(3, 3), weights(3)).write("squeeze_attribute")
    Export().op("GlobalAveragePool").op("Squeeze").op("MatMul", weights(3, 3)).write("squeeze_all")
    Export().op("GlobalAveragePool").op("Flatten").op("Unsqueeze", ints(2, 3)).conv(3, 4, 1).op("Flatten").write("unsqueeze_to_conv")
    Export().conv(3, 4).op("Reshape", ints(0, 4, -1)).op("ReduceMean", axes=[2], keepdims=0).op("Gemm", weights(4, 3)).write("mean_of_hw")
    Export(opset=18).conv(3, 4).op("Reshape", ints(0, 4, 20)).op("Transpose", perm=[0, 2, 1]).op("ReduceMean", ints(1), keepdims=0).op(
        "Gemm", weights(4, 3)).write("mean_of_transposed_hw")
    for name, axes in (("rows_first", [2, 2]), ("columns_first", [-1, -1])):
        Export().conv(3, 4).op("ReduceMean", axes=axes[:1], keepdims=0).op("ReduceMean", axes=axes[1:], keepdims=0).op(
            "Gemm", weights(4, 3)).write(f"mean_in_two_steps_{name}")
    Export().conv(3, 4).op("ReduceMean", axes=[3]).op("ReduceMean", axes=[2]).op("Flatten").op("Gemm", weights(4, 3)).write("mean_in_two_kept_steps")
    Export().op("ReduceMean", axes=[2], keepdims=1).head().write("mean_of_rows")
    Export().op("ReduceSum", ints(2, 3), keepdims=0).op("Gemm", weights(3, 3)).write("reduce_sum")
    Export(opset=11).op("ReduceSum", axes=[3]).op("ReduceMax", axes=[-2]).head().write("reduce_sum_max_attribute")
    Export().op("GlobalMaxPool").head().write("global_max_pool")
    Export().conv(3, 5).op("GlobalAveragePool").conv(5, 4, 1).op("Relu").conv(4, 3, 1).op("Flatten").write("convolutions_as_head")
    Export().conv(3, 5).op("AveragePool", kernel_shape=[4, 5]).op("Reshape", ints(-1, 5)).op("Gemm", weights(5, 3)).write("average_of_everything")
    Export().op("Transpose", perm=[0, 2, 3, 1]).op("Reshape", ints(0, -1)).op("MatMul", weights(126, 3)).write("flatten_of_nhwc")
    Export().op("Transpose", perm=[0, 3, 2, 1]).op("Flatten").op("Gemm", weights(3, 126), weights(3), transB=1, alpha=0.5).write("flatten_of_nwhc")


def channels_last():
    def nhwc(*dims, **more):
        return Export(*(dims or (6, 7, 3)), last=True, **more)

    to_first = {"perm": [0, 3, 1, 2]}
    nhwc().op("Transpose", **to_first).conv(3, 4).op("Transpose", perm=[0, 2, 3, 1]).op("ReduceMean", axes=[1, 2], keepdims=0).op(
        "MatMul", weights(4, 3)).op("Add", weights(3)).write("nhwc")
    net = nhwc().op("Sub", weights(3)).op("Mul", weights(1, 1, 1, 3)).op("Pad", ints(0, 1, 1, 0, 0, 1, 2, 0)).op("Transpose", **to_first)
    net.conv(3, 4).op("Relu").head().write("nhwc_prepared_and_padded")
    net = nhwc()
    net.op("Gather", ints(2, 1, 0), axis=3).op("Sub", weights(3)).op("Transpose", **to_first).conv(3, 4).head().write("nhwc_other_channels_order")
    net = nhwc().op("Transpose", **to_first).conv(3, 4).op("Transpose", perm=[0, 2, 3, 1])
    x = net.x
    net.op("MatMul", weights(4, 5)).op("Add", weights(5)).op("Relu").op("MatMul", weights(5, 4)).op("Add", x).op("Reshape", ints(0, -1)).op(
        "MatMul", weights(80, 3)).write("nhwc_dense_layers")
    net = nhwc().op("Transpose", **to_first).conv(3, 4).op("Transpose", perm=[0, 2, 3, 1])
    x = net.x
    net.op("Sigmoid").op("Concat", x, axis=3).op("Slice", ints(1), ints(7), ints(-1)).op("Transpose", **to_first).head().write("nhwc_parts")
    nhwc(6, 7, 1).op("Transpose", **to_first).conv(1, 4).head().write("nhwc_grey")
    nhwc(3, 3, 3).op("Transpose", **to_first).conv(3, 4, 1).head().write("nhwc_of_three")
    nhwc().op("Transpose", **to_first).conv(3, 4).op("GlobalAveragePool").op("Transpose", perm=[0, 2, 3, 1]).op("Squeeze", ints(1, 2)).op(
        "MatMul", weights(4, 3)).write("nhwc_squeezed")


def parts():
    Export().op("Gather", ints(2, 1, 0), axis=1).head().write("gather_channels")
    Export().conv(3, 4, 6).op("Gather", numpy.array(0), axis=3).op("Gather", numpy.array(-1), axis=2).op("Gemm", weights(4, 3)).write("gather_one_place")
    Export().op("Gather", numpy.array(2), axis=2).op("Flatten").op("Gemm", weights(21, 3)).write("gather_a_row")
    Export(opset=9).op("Slice", starts=[1, 0], ends=[5, 2], axes=[2, 1]).head().write("slice_attributes")
    Export().op("Slice", ints(-1), ints(-5), ints(1), ints(-1)).head().write("slice_channels_backwards")
    Export().op("Slice", ints(1), ints(6), ints(3), ints(2)).head().write("slice_columns_in_steps")
    Export(opset=10).op("Pad", pads=[0, 1, 0, 2, 0, 0, 1, 0], value=0.0).head().write("pad_attributes")
    Export().op("Pad", ints(0, 0, 2, 1, 0, 0, 1, 3)).op("Relu").head().write("pad_alone")
    Export().op("GlobalAveragePool").op("Expand", ints(1, 3, 2, 4)).head().write("expand")
    Export().op("Expand", ints(1, 1, 6, 7)).head().write("expand_to_the_same")


def arithmetic():
    Export().op("Clip", numpy.float32(0), numpy.float32(6)).head().write("relu6_inputs")
    Export(opset=7).op("Clip", min=0.0, max=6.0).op("Clip", min=0.0).head().write("clip_attributes")
    Export().op("Clip", numpy.float32(-0.5), numpy.float32(0.25)).head().write("clip_both")
    Export().op("Max", numpy.float32(0)).op("Min", numpy.array([1.5], numpy.float32)).head().write("max_min")
    net = Export().conv(3, 3, 1)
    net.op("Sum", "images", net.x).head().write("sum")
    net = Export().conv(3, 3, 1)
    net.op("Sub", "images").op("Neg").head().write("difference")
    net = Export().conv(3, 4)
    x = net.x
    net.op("GlobalAveragePool").conv(4, 2, 1).op("Relu").conv(2, 4, 1).op("Sigmoid").op("Mul", x).head().write("squeeze_and_excitation")
    Export().op("Sub", weights(3, 6, 7)).head().write("mean_image")
    Export().op("Mul", weights(6, 1)).op("Div", numpy.abs(weights(1, 3, 1, 7)) + numpy.float32(0.5)).head().write("factor_of_places")
    Export().conv(3, 4, bias=False).op("Mul", weights(4, 1, 1)).op("Add", weights(1, 4, 1, 1)).op("Relu").head().write("scale_behind_conv")
    Export().conv(3, 4).op("Div", numpy.float32(3)).op("Relu").head().op("Mul", weights(3)).op("Sub", weights(1, 3)).write("scale_behind_layers")
    net = Export().conv(3, 3, 1)
    x = net.x
    net.op("Mul", weights(3, 1, 1)).op("Add", x).head().write("scale_of_what_others_read")
    net = Export().conv(3, 3, 1).op("Mul", weights(3, 1, 1))
    x = net.x
    net.op("Identity").op("Relu").op("Add", x).head().write("scale_under_two_names")
    net = Export()
    w = net.const(weights(3, 3, 1, 1))
    net.op("Conv", w).op("Mul", weights(3, 1, 1)).op("Relu").op("Conv", w).head().write("scale_behind_shared_weights")
    Export().op("Flatten").op("Gemm", weights(126, 3), weights(1, 3), alpha=0.25, beta=2.0).write("gemm_alpha_beta")
    Export().op("Flatten").op("Gemm", weights(126, 3), weights(1), beta=0.5).op("Gemm", weights(3, 3), weights(3), beta=0.0).write("gemm_one_bias")
    Export().op("Flatten").op("BatchNormalization", *[numpy.abs(weights(126)) for _ in range(4)]).op("Gemm", weights(126, 3)).write("norm_of_features")
    Export(opset=7).op("BatchNormalization", *[numpy.abs(weights(3)) for _ in range(4)], spatial=1).op("Dropout", ratio=0.5).head().write("opset_7")
    Export(opset=24).conv(3, 4).op("Relu").op("ReduceMean", ints(2, 3), keepdims=0).op("Gemm", weights(4, 3)).write("opset_24")
    Export().head().op("LogSoftmax", axis=-1).write("log_softmax_at_the_end")
    Export(opset=11).head().op("LogSoftmax").op("Identity").write("log_softmax_behind_identity")
    Export(opset=11).op("GlobalAveragePool").op("Softmax").op("Flatten").write("softmax_of_old_opsets")


def cut_windows():
    def pool(kind, name, *dims, opset=17, before=None, **attributes):
        net = Export(*(dims or (2, 6, 7)), opset=opset)
        if before:
            net.op(before)
        net.op(kind, **attributes).head().write(name)

    small, two = {"kernel_shape": [3, 3], "strides": [2, 2]}, {"kernel_shape": [2, 2], "strides": [2, 2]}
    pool("MaxPool", "max_pool_ceil", ceil_mode=1, **small)
    pool("MaxPool", "max_pool_ceil_of_17", 2, 17, 17, ceil_mode=1, **two)
    pool("MaxPool", "max_pool_ceil_and_pads", 2, 8, 9, ceil_mode=1, pads=[1] * 4, **small)
    Export(2, 5, 5).op("MaxPool", ceil_mode=1, pads=[0, 0, 1, 1], kernel_shape=[2, 2], strides=[3, 3]).op("GlobalAveragePool").head().write(
        "max_pool_ceil_drops_a_window")
    pool("MaxPool", "max_pool_same_upper", auto_pad="SAME_UPPER", **small)
    pool("MaxPool", "max_pool_same_lower", auto_pad="SAME_LOWER", **two)
    pool("MaxPool", "max_pool_pads_after", pads=[0, 0, 1, 1], **small)
    pool("MaxPool", "max_pool_pads_before", pads=[1, 0, 0, 0], **small)
    pool("MaxPool", "max_pool_dilated", kernel_shape=[2, 3], dilations=[2, 2])
    pool("MaxPool", "max_pool_dilated_and_padded", kernel_shape=[3, 3], dilations=[2, 1], strides=[2, 1], pads=[1, 1, 2, 0], ceil_mode=1)
    lowest = [numpy.float32("-inf"), numpy.finfo(numpy.float32).min]
    for name, value in zip(("infinity", "lowest"), lowest):
        Export().op("Pad", ints(0, 0, 1, 1, 0, 0, 1, 1), value).op("MaxPool", **small).head().write(f"max_pool_behind_pads_of_{name}")
    Export().op("Pad", ints(0, 0, 1, 1, 0, 0, 1, 1)).op("MaxPool", **small).head().write("max_pool_behind_pads_of_zeros")
    Export().op("Relu").op("Pad", ints(0, 0, 0, 0, 0, 0, 1, 1)).op("MaxPool", **small).head().write("max_pool_behind_relu_and_pads")
    pool("AveragePool", "average_pool_ceil", ceil_mode=1, **small)
    pool("AveragePool", "average_pool_ceil_counted", opset=19, ceil_mode=1, count_include_pad=1, pads=[1] * 4, **small)
    pool("AveragePool", "average_pool_beyond_its_pads", ceil_mode=1, count_include_pad=1, kernel_shape=[2, 1], strides=[3, 1], pads=[1, 0, 0, 0])
    pool("AveragePool", "average_pool_same_upper", auto_pad="SAME_UPPER", **small)
    pool("AveragePool", "average_pool_pads_after", pads=[0, 0, 1, 1], **small)
    pool("AveragePool", "average_pool_pads_after_counted", pads=[0, 0, 1, 1], count_include_pad=1, **small)
    pool("AveragePool", "average_pool_dilated", opset=19, dilations=[2, 2], kernel_shape=[2, 2])
    Export().op("Pad", ints(0, 0, 1, 0, 0, 0, 0, 2)).op("AveragePool", **small).head().write("average_pool_behind_pads")
    Export().op("Pad", ints(0, 0, 1, 0, 0, 0, 0, 2)).op("AveragePool", pads=[1] * 4, **small).head().write("average_pool_with_pads_behind_pads")
    Export().op("AveragePool", kernel_shape=[6, 7], strides=[6, 7], ceil_mode=1).head().write("average_pool_ceil_of_everything")
    Export(2, 9, 9).conv(2, 3, dilations=[2, 2], pads=[1, 0, 2, 3]).head().write("conv_dilated_and_padded_unevenly")


def constants():
    net = Export()
    x, (gamma, beta, mean, variance) = net.x, (weights(3), weights(3), weights(3), numpy.abs(weights(3)))
    factor = net.op("Add", variance, numpy.float32(1e-3), first=False).op("Sqrt").op("Reciprocal").op("Mul", gamma).x
    scale = net.op("Reshape", ints(1, 3, 1, 1)).x
    shift = net.op("Mul", mean, factor, first=False).op("Neg").op("Add", beta).op("Unsqueeze", ints(1, 2)).x
    net.x = x
    net.op("Mul", scale).op("Add", shift).head().write("norm_of_single_steps")
    net = Export()
    x = net.x
    net.op("Transpose", weights(3, 3, 3, 4), perm=[3, 2, 0, 1], first=False)
    w, net.x = net.x, x
    net.op("Conv", w, pads=[1] * 4).op("Flatten")
    x = net.x
    net.op("Cast", weights(168, 3).astype(numpy.float16), to=TensorProto.FLOAT, first=False)
    w, net.x = net.x, x
    net.op("MatMul", w).write("weights_transposed_and_cast")
    net = Export()
    x = net.x
    net.op("Concat", weights(2, 3, 1, 1), weights(1, 3, 1, 1), axis=0, first=False).op("Gather", ints(2, 0, 1), axis=0)
    net.op("Slice", ints(0), ints(3), ints(0)).op("Expand", ints(3, 3, 1, 1))
    w, net.x = net.x, x
    net.op("Conv", w).head().write("weights_of_parts")
    net = Export()
    x = net.x
    net.op("MatMul", weights(3, 4), weights(4, 7), first=False).op("Relu").op("Clip", numpy.float32(0), numpy.float32(1)).op("Sigmoid")
    net.op("Pad", ints(0, 0, 3, 0)).op("Unsqueeze", ints(1)).op("ReduceMax", axes=[0])
    by, net.x = net.x, x
    net.op("Add", by).head().write("work_on_constants")
    net = Export().conv(3, 4)
    x = net.x
    net.op("Shape").op("Slice", ints(0), ints(1), ints(0)).op("Concat", ints(-1), axis=0)
    shape, net.x = net.x, x
    net.op("Reshape", shape).op("Gemm", weights(80, 3)).write("shape_of_slices")
    net = Export(batch=2).conv(3, 4)
    x = net.x
    net.op("Shape").op("Cast", to=TensorProto.FLOAT).op("Cast", to=TensorProto.INT64).op("Slice", ints(1), ints(4)).op("ReduceProd", keepdims=1)
    count, net.x = net.x, x
    net.op("Shape").op("Slice", ints(0), ints(1)).op("Concat", count, axis=0)
    shape, net.x = net.x, x
    net.op("Reshape", shape).op("Gemm", weights(80, 3)).write("shape_by_product")
    net = Export().op("GlobalAveragePool")
    x = net.x
    net.op("ConstantOfShape", ints(4), value=numpy_helper.from_array(numpy.array([1])), first=False)
    ones = net.x
    net.op("Equal", ints(1, -1, 2, 2), ints(-1), first=False).op("Where", ones, ints(1, -1, 2, 2))
    shape, net.x = net.x, x
    net.op("Expand", shape).head().write("expand_by_where")
    net = Export(opset=13)
    x = net.x
    scale, zero = net.const(numpy.abs(weights(4)) / 50), net.const(numpy.zeros(4, numpy.int8))
    net.op("QuantizeLinear", weights(4, 3, 3, 3), scale, zero, axis=0, first=False).op("DequantizeLinear", scale, zero, axis=0)
    w, net.x = net.x, x
    net.op("Conv", w).head().write("weights_quantized_in_the_graph")
    net = Export()
    x = net.x
    net.op("Expand", weights(1, 3, 1, 7), net.op("Shape").x, first=False)
    by, net.x = net.x, x
    net.op("Add", by).head().write("repeated_for_each_image")


def others():
    net = Export().conv(3, 4).op("Relu")
    x = net.x
    net.head()
    net.nodes.append(helper.make_node("Einsum", [x], ["dead"], name="dead", equation="bchw->bhwc"))
    net.nodes.append(helper.make_node("NobodyKnows", ["dead"], ["dead2"], name="dead2", domain="com.example"))
    kept = net.nodes[:]
    net.nodes = kept[:-2]
    images = random.standard_normal((2, *net.dims)).astype(numpy.float32)
    logits = net.run(images)
    net.nodes = kept
    FILES["dead_nodes"] = (net.model(), images, logits)
    Export(declared=(3, "height", "width")).conv(3, 4).op("GlobalAveragePool").head().write("open_sizes")
    net = Export().op("Cast", to=TensorProto.FLOAT16).op("Conv", weights(4, 3, 3, 3).astype(numpy.float16)).op("Relu").op("GlobalAveragePool")
    net.op("Flatten").op("Gemm", weights(4, 3).astype(numpy.float16)).op("Cast", to=TensorProto.FLOAT).write("half_inside")

    def external(model):
        onnx.external_data_helper.convert_model_to_external_data(model, location="external.onnx.data", size_threshold=0)
        return model

    Export().conv(3, 4).op("Relu").head().write("external", external)


def plus(net, constant):
    """The images and a constant that nodes compute: `constant(net)` goes on from nothing."""
    x = net.x
    constant(net)
    by, net.x = net.x, x
    return net.op("Add", by).head()


def layers_of_constants():
    def image(net, op, *more, **attributes):
        return net.op(op, weights(1, 3, 8, 9), *more, first=False, **attributes)

    plus(Export(), lambda net: image(net, "Conv", weights(6, 3, 3, 3), weights(6), pads=[1, 0, 0, 1], strides=[1, 2]).op(
        "Conv", weights(3, 2, 2, 1), weights(3), group=3, pads=[1, 0, 2, 0], dilations=[2, 1]).op("ReduceMean", axes=[2, 3])).write("conv_of_constants")
    plus(Export(), lambda net: image(net, "BatchNormalization", weights(3), weights(3), weights(3), numpy.abs(weights(3)), epsilon=1e-3).op(
        "GlobalAveragePool")).write("norm_of_constants")
    plus(Export(), lambda net: image(net, "MaxPool", kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1, pads=[1, 0, 0, 1]).op(
        "AveragePool", kernel_shape=[2, 2], pads=[1, 1, 0, 0], count_include_pad=1).op("AveragePool", kernel_shape=[3, 1], auto_pad="SAME_UPPER").op(
        "GlobalMaxPool")).write("pools_of_constants")
    plus(Export(), lambda net: net.op("Gemm", weights(4, 6), weights(7, 4), weights(7), first=False, transA=1, transB=1, alpha=0.5, beta=-2.0).op(
        "Softmax", axis=0).op("LogSoftmax")).write("gemm_and_softmax_of_constants")
    plus(Export(opset=11), lambda net: net.op("Gemm", weights(6, 4), weights(4, 7), weights(6, 1), first=False).op("Softmax", axis=1).op(
        "MatMul", weights(3, 7, 7))).write("products_of_constants")
    net = Export()
    x = net.x
    net.op("Softmax", weights(4, 9), first=False).op("Reshape", ints(4, 1, 3, 3)).op("Mul", weights(1, 3, 1, 1))
    w, net.x = net.x, x
    net.op("Conv", w).head().write("weights_of_softmax")
    plus(Export(), lambda net: net.op("Pow", ints(3, -2), ints(2, 3), first=False).op("Add", ints(5)).op("Clip", ints(-3)[0], ints(9)[0]).op(
        "Mod", ints(4, 4), fmod=1).op("Pad", ints(0, 1), ints(5)[0]).op("ReduceMean", keepdims=0).op("Cast", to=TensorProto.FLOAT)).write(
        "whole_numbers_of_constants")


def splits():
    def split(net, outputs, *more, **attributes):
        net.op("Split", *more, **attributes)
        names = [f"{net.x}_{i}" for i in range(outputs)]
        del net.nodes[-1].output[:]
        net.nodes[-1].output.extend(names)
        return names

    net = Export(4, 6, 7, opset=11)
    first, second = split(net, 2, axis=1)
    net.x = second
    net.op("Relu").op("Concat", first, axis=1).head().write("split_equally")
    net = Export(6, 6, 7, opset=11)
    a, b, c = split(net, 3, axis=1, split=[1, 3, 2])
    net.x = b
    net.conv(3, 2, 1).op("Add", c).op("Add", a).head().write("split_by_attribute")
    net = Export()
    top, bottom = split(net, 2, ints(4, 2), axis=-2)
    net.x = top
    net.op("MaxPool", kernel_shape=[2, 1], strides=[2, 1]).op("Sub", bottom).head().write("split_rows_by_input")
    net = Export(opset=18)
    left, middle, right = split(net, 3, axis=3, num_outputs=3)
    net.x = left
    net.op("Sum", middle).op("GlobalAveragePool").op("Mul", right).head().write("split_columns_unequally")
    net = Export(6, 7, 4, last=True).op("Pad", ints(0, 1, 0, 0, 0, 0, 0, 0))
    first, second = split(net, 2, axis=3)
    net.x = first
    net.op("Mul", second).op("Transpose", perm=[0, 3, 1, 2]).head().write("split_nhwc")
    net = Export().op("GlobalAveragePool").op("Flatten")
    first, second = split(net, 2, ints(1, 2), axis=1)
    net.x = second
    net.op("Gemm", weights(2, 3)).op("Add", first).write("split_features")
    net = Export(opset=13)
    x = net.x
    net.x = net.const(weights(5, 3, 1, 1))
    w, v = split(net, 2, ints(2, 3))
    net.x = x
    net.op("Conv", v).op("Conv", w).head().write("split_weights")


def repeated():
    net = Export().conv(3, 3, 1)
    net.op("Sum", "images", weights(3, 1, 1), net.op("GlobalAveragePool").x, numpy.float32(2)).head().write("sum_of_all_kinds")
    Export().conv(3, 4).op("Max", numpy.zeros((4, 1, 1), numpy.float32)).op("Min", numpy.full((1, 1, 1, 5), 2, numpy.float32)).head().write(
        "max_of_equal_numbers")
    Export(1, 6, 7).op("Expand", ints(1, 3, 6, 7)).conv(3, 4).op("GlobalAveragePool").op("Expand", ints(1, 1, 2, 1)).head().write("expand_channels")


def write_all(folder, save):
    for part in (layouts, channels_last, parts, arithmetic, cut_windows, constants, others, layers_of_constants, splits, repeated):
        part()
    for name, (model, images, logits) in FILES.items():
        onnx.save(model, str(folder / f"{name}.onnx"))
        save(folder / f"{name}.safetensors", {"images": images, "logits": logits})
