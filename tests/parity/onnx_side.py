"""The Python side of the comparisons of ONNX files in tests/parity: PyTorch exports networks, ONNX Runtime runs ours.

    python onnx_side.py export NETWORK torchscript|dynamo|default|unfolded MODEL.onnx RUN.safetensors
    python onnx_side.py run MODEL.onnx RUN.safetensors OUT.safetensors

`unfolded` is TorchScript without folding of batch norm; `default` is torch.onnx.export without any option, which fixes the batch and
writes the weights into MODEL.onnx.data. RUN holds `images` and, after
an export, PyTorch's `logits` for them; OUT holds the `logits` of ONNX Runtime, computed after onnx's own checker accepted the file.
"""

import json
import struct
import sys
import warnings

import numpy
import onnx
import onnxruntime

warnings.filterwarnings("ignore")
if sys.argv[1] == "export":  # other commands skip these slow imports
    import torch

    # torchvision's compiled operators do not load with a CPU-only PyTorch; its networks only need them declared.
    _library = torch.library.Library("torchvision", "DEF")
    for _operator in ("nms", "qnms"):
        _library.define(f"{_operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision


def save(path, tensors):
    header, blobs, offset = {}, [], 0
    for name, array in sorted(tensors.items()):
        blob = numpy.ascontiguousarray(array, dtype=numpy.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def load(path, name):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        begin, end = header[name]["data_offsets"]
        file.seek(begin, 1)
        return numpy.frombuffer(file.read(end - begin), numpy.float32).reshape(header[name]["shape"])


def randomised(network):
    """Batch norm with non-trivial statistics, as after training; weights with which values do not vanish in 50 layers."""
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, std=0.1)
            torch.nn.init.normal_(module.running_mean, std=0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
        elif isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                torch.nn.init.normal_(module.bias, std=0.1)
    return network


def export(name, exporter, model_path, run_path):
    torch.manual_seed(1)
    network = randomised(getattr(torchvision.models, name)(weights=None)).eval()
    images = torch.randn(2, 3, 224, 224)
    if exporter == "default":
        torch.onnx.export(network, (images,), model_path)
        with torch.no_grad():
            save(run_path, {"images": images.numpy(), "logits": network(images).numpy()})
        return
    if exporter == "dynamo":
        options = {"dynamic_shapes": ({0: torch.export.Dim("batch")},), "external_data": False}
    else:
        options = {"dynamic_axes": {"input": {0: "batch"}, "output": {0: "batch"}}}
    if exporter == "unfolded":
        options |= {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False}
    torch.onnx.export(network, (images,), model_path, input_names=["input"], output_names=["output"], dynamo=exporter == "dynamo",
                      verbose=False, **options)
    with torch.no_grad():
        save(run_path, {"images": images.numpy(), "logits": network(images).numpy()})


def run(model_path, run_path, out_path):
    onnx.checker.check_model(model_path, full_check=True)
    session = onnxruntime.InferenceSession(model_path, providers=["CPUExecutionProvider"])
    images = load(run_path, "images")
    logits = session.run(None, {session.get_inputs()[0].name: images})[0]
    one = session.run(None, {session.get_inputs()[0].name: images[:1]})[0]
    assert numpy.abs(one - logits[:1]).max() <= 1e-4 * numpy.abs(logits).max(), "the batch is not free"
    save(out_path, {"logits": logits})


if __name__ == "__main__":
    {"export": export, "run": run}[sys.argv[1]](*sys.argv[2:])
