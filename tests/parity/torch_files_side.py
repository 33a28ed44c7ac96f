"""The Python side of the comparisons of PyTorch's files in tests/parity.

    python torch_files_side.py make FOLDER
    python torch_files_side.py read MODEL.pth TENSORS.txt NETWORK

`make` writes one set of tensors in many formats, each as NAME.pth with NAME.txt, the list of its tensors. `read` loads a file with
torch.load(weights_only=True) and lists its tensors; the network of that name, torchvision's own where it exists, must load all of them
with load_state_dict(strict=True). A line of a list: name, element type, shape, CRC-32 of the bytes.
"""

import collections
import pathlib
import sys
import warnings
import zlib

import torch
from torch import nn

import networks

warnings.filterwarnings("ignore")
KINDS = {torch.float32: "f32", torch.float64: "f64", torch.float16: "f16", torch.bfloat16: "bf16", torch.int64: "i64", torch.int32: "i32", torch.uint8: "u8"}


def line(name, tensor):
    dense = tensor.detach().contiguous()
    raw = dense.reshape(-1).view(torch.uint8) if dense.numel() else dense
    shape = "x".join(map(str, dense.shape)) or "scalar"
    return f"{name} {KINDS[dense.dtype]} {shape} {zlib.crc32(raw.numpy().tobytes()):08x}"


def listed(path, tensors):
    path.write_text("".join(line(name, tensor) + "\n" for name, tensor in tensors.items()))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 5)


def make(folder):
    torch.manual_seed(20151210)
    state = Block().state_dict()
    base = torch.randn(6, 10)
    views = {
        "transposed": base.t(),
        "middle": base[1:4, 2:7],
        "every_third": base[:, ::3],
        "repeated": torch.randn(4, 1).expand(4, 3),
        "whole": base,
        "channels_last": torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
        "scalar": torch.tensor(3.5),
        "empty": torch.zeros(0, 4),
        "parameter": nn.Parameter(base[0]),
    }
    cases = {
        "bare": (state, state),
        "views": (views, views),
        "float16": ({name: value.half() for name, value in state.items() if value.is_floating_point()},) * 2,
        "bfloat16": ({name: value.bfloat16() for name, value in state.items() if value.is_floating_point()},) * 2,
        "float64": ({name: value.double() for name, value in state.items() if value.is_floating_point()},) * 2,
        "checkpoint": ({"epoch": 4, "arch": "resnet18", "best_acc1": 0.5, "state_dict": state, "optimizer": torch.optim.SGD(Block().parameters(), 0.1, 0.9).state_dict()}, state),
        "nested": ({"model": {"state_dict": state}, "step": 3}, state),
        "module": ({"net": collections.OrderedDict(("module." + name, value) for name, value in state.items())}, {"module." + name: value for name, value in state.items()}),
    }
    for name, (content, tensors) in cases.items():
        for suffix, new in (("zip", True), ("old", False)):
            torch.save(content, folder / f"{name}_{suffix}.pth", _use_new_zipfile_serialization=new)
            listed(folder / f"{name}_{suffix}.txt", tensors)


def read(path, out, name):
    state = torch.load(path, weights_only=True)
    assert isinstance(state, collections.OrderedDict)
    mapped = torch.load(path, weights_only=True, mmap=True)
    assert list(mapped) == list(state)
    listed(pathlib.Path(out), state)
    with torch.device("meta"):
        network = networks.named(name)
    theirs = {networks.our_name(network, key, name): key for key in network.state_dict()}
    network.load_state_dict({theirs.get(key, key): tensor for key, tensor in state.items()}, strict=True, assign=True)


if sys.argv[1] == "make":
    make(pathlib.Path(sys.argv[2]))
elif sys.argv[1] == "read":
    read(*sys.argv[2:])
