"""Makes torchvision.txt: what torchvision's own definitions say of every ImageNet network that both have.

    python make_torchvision_table.py > torchvision.txt        (PyTorch 2.13 and torchvision 0.29)

A line a network: name, parameters, multiply-adds of convolutions and linear layers for one image of 3x224x224, and FNV-1a of the
state_dict's lines "name shape" in sorted order (num_batches_tracked left out), which tells whether a file fits by name and shape.
"""

import torch
import torchvision
from torch import nn

NETWORKS = """resnet18 resnet34 resnet50 resnet101 resnet152 wide_resnet50_2 wide_resnet101_2 resnext50_32x4d resnext101_32x8d
resnext101_64x4d densenet121 densenet161 densenet169 densenet201 vgg11 vgg11_bn vgg13 vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn""".split()


def macs(model):
    total = 0

    def count(module, inputs, output):
        nonlocal total
        if isinstance(module, nn.Conv2d):
            total += output.numel() * module.weight[0].numel()
        elif isinstance(module, nn.Linear):
            total += output.numel() * module.in_features

    for module in model.modules():
        module.register_forward_hook(count)
    model.eval()(torch.empty(1, 3, 224, 224))
    return total


def fingerprint(model):
    shapes = {name: "x".join(map(str, value.shape)) for name, value in model.state_dict().items()}
    value = 0xCBF29CE484222325
    for name in sorted(shapes):
        if name.endswith("num_batches_tracked"):
            continue
        for byte in f"{name} {shapes[name]}\n".encode():
            value = ((value ^ byte) * 0x100000001B3) % 2**64
    return f"{value:016x}"


print(f"# made by make_torchvision_table.py from torchvision {torchvision.__version__.split('+')[0]}")
with torch.device("meta"):
    for name in NETWORKS:
        model = getattr(torchvision.models, name)(weights=None, **({"init_weights": False} if name[0] in "v" else {}))
        print(name, sum(p.numel() for p in model.parameters()), macs(model), fingerprint(model))
