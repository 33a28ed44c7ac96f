"""The compared networks in PyTorch, layer by layer the same as in src/models/networks/resnet.cpp."""
import torch
from torch import nn


class PadShortcut(nn.Module):
    """Shortcut A of He et al. 2015: every second row and column, new channels of zeros on both sides."""

    def __init__(self, added):
        super().__init__()
        self.before, self.after = added // 2, added - added // 2

    def forward(self, x):
        return nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.before, self.after))


def projection(channels, width, stride):
    return nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))


class BasicBlock(nn.Module):
    def __init__(self, channels, width, stride, padded):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        if stride == 1 and channels == width:
            self.shortcut = nn.Identity()
        else:
            self.shortcut = PadShortcut(width - channels) if padded else projection(channels, width, stride)

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += self.shortcut(x)
        return self.relu(y)


class ResNet(nn.Module):
    def __init__(self, stem, widths, blocks, padded, classes=10):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, stem, 3, 1, 1, bias=False), nn.BatchNorm2d(stem), nn.ReLU(inplace=True))
        stages, channels = [], stem
        for stage, width in enumerate(widths):
            for block in range(blocks):
                stages.append(BasicBlock(channels, width, 2 if stage > 0 and block == 0 else 1, padded))
                channels = width
        self.stages = nn.Sequential(*stages)
        self.linear = nn.Linear(channels, classes)

    def forward(self, x):
        return self.linear(self.stages(self.stem(x)).mean((2, 3)))


def build(name):
    """The network and its input's C,H,W."""
    if name == "resnet20":
        return ResNet(16, (16, 32, 64), 3, padded=True), (3, 32, 32)
    if name == "resnet18-small":
        return ResNet(64, (64, 128, 256, 512), 2, padded=False), (3, 64, 64)
    raise SystemExit(f"no network is called '{name}'")
