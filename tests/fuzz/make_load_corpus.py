"""Makes some of the inputs of corpus/load: a resnet8 as training scripts save it, each tensor one number seen in many places.

    python make_load_corpus.py        (PyTorch 2.13)
"""

import argparse
import io
import pathlib

import torch
from torch import nn

HERE = pathlib.Path(__file__).parent / "corpus" / "load"


def block(channels, width, stride):
    layers = {"conv1": nn.Conv2d(channels, width, 3, stride, 1, bias=False), "bn1": nn.BatchNorm2d(width), "conv2": nn.Conv2d(width, width, 3, 1, 1, bias=False), "bn2": nn.BatchNorm2d(width)}
    if stride > 1:
        layers["shortcut"] = nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))
    return nn.ModuleDict(layers)


def resnet8():
    stages = [nn.Sequential(block(16, 16, 1)), nn.Sequential(block(16, 32, 2)), nn.Sequential(block(32, 64, 2))]
    return [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), *stages, nn.Linear(64, 10)]


def small(tensor):
    return torch.ones(1, dtype=tensor.dtype).expand(tensor.shape) if tensor.dim() else tensor


def state_of(modules):
    return {name: small(tensor) for name, tensor in nn.ModuleDict(modules).state_dict().items()}


def whole(module):
    for inner in module.modules():
        for name, parameter in inner.named_parameters(recurse=False):
            inner._parameters[name] = nn.Parameter(small(parameter), requires_grad=False)
        for name, buffer in inner.named_buffers(recurse=False):
            inner._buffers[name] = small(buffer)
    return module


def main():
    layers = resnet8()
    named = dict(zip(["conv1", "bn1", "layer1", "layer2", "layer3", "linear"], layers))
    body = {name: layer for name, layer in named.items() if name != "linear"}
    state = state_of(named)
    contents = {
        "body_and_head": {"backbone." + name: value for name, value in state_of(body).items()} | {"module.head.fc." + name: value for name, value in state_of({"fc": layers[-1]}).items() for name in [name.removeprefix("fc.")]},
        "checkpoint": {"epoch": 3, "arch": "resnet", "args": argparse.Namespace(lr=0.1), "model": state, "model_ema": {"n_averaged": torch.tensor(3)} | {"module." + name: value for name, value in state.items()}},
        "sequential": state_of({str(i): layer for i, layer in enumerate(layers)}),
        "beside": state | {"layer1.total_ops": torch.zeros(1), "ema.conv1.weight": torch.zeros(1), "aux.weight": torch.ones(4, 64), "relu.weight": torch.ones(1)},
        "module": whole(nn.ModuleDict(named)),
    }  # fmt: skip
    for name, content in contents.items():
        out = io.BytesIO()
        torch.save(content, out)
        (HERE / name).write_bytes(out.getvalue())


main()
