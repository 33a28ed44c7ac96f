"""The family's networks in PyTorch, written from the papers and the tutorials; torchvision's own where it has them."""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F

# torchvision's compiled operators do not load with a CPU-only PyTorch; its networks only need them declared.
_library = torch.library.Library("torchvision", "DEF")
for _operator in ("nms", "qnms"):
    _library.define(f"{_operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
import torchvision  # noqa: E402
from torchvision.models import densenet, resnet  # noqa: E402


def conv(channels, width, kernel=3, stride=1, bias=False, groups=1):
    return nn.Conv2d(channels, width, kernel, stride, kernel // 2, groups=groups, bias=bias)


class ZeroPadding(nn.Module):
    """Shortcut A: subsampled or pooled, then zero channels before and after."""

    def __init__(self, channels, width, stride, shortcut_pool):
        super().__init__()
        self.extra, self.stride, self.shortcut_pool = width - channels, stride, shortcut_pool

    def forward(self, x):
        if self.stride > 1:
            pool = {"subsample": lambda x, s: x[:, :, ::s, ::s], "max": F.max_pool2d, "average": F.avg_pool2d}[self.shortcut_pool]
            x = pool(x, self.stride)
        return F.pad(x, (0, 0, 0, 0, self.extra // 2, self.extra - self.extra // 2))


# He et al. 2015, section 4.2.


class Basic(nn.Module):
    expansion = 1

    def __init__(self, channels, width, stride, shortcut, shortcut_pool="subsample"):
        super().__init__()
        self.conv1, self.bn1 = conv(channels, width, stride=stride), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = conv(width, width), nn.BatchNorm2d(width)
        self.shortcut = shortcut_of(channels, width, stride, shortcut, shortcut_pool)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y if self.shortcut is None else y + self.shortcut(x))


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, channels, width, stride, shortcut, shortcut_pool="subsample"):
        super().__init__()
        self.conv1, self.bn1 = conv(channels, width, 1), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = conv(width, width, stride=stride), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = conv(width, 4 * width, 1), nn.BatchNorm2d(4 * width)
        self.shortcut = shortcut_of(channels, 4 * width, stride, shortcut, shortcut_pool)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(F.relu(self.bn2(self.conv2(y)))))
        return F.relu(y if self.shortcut is None else y + self.shortcut(x))


def shortcut_of(channels, width, stride, kind, shortcut_pool):
    if kind == "none":
        return None
    changes = stride != 1 or channels != width
    if kind == "C" or (kind == "B" and changes):
        return nn.Sequential(conv(channels, width, 1, stride), nn.BatchNorm2d(width))
    return ZeroPadding(channels, width, stride, shortcut_pool) if changes else nn.Identity()


class Cifar(nn.Module):
    def __init__(self, block, blocks, shortcut="A", shortcut_pool="subsample", widths=(16, 32, 64)):
        super().__init__()
        self.conv1, self.bn1 = conv(3, widths[0]), nn.BatchNorm2d(widths[0])
        channels = widths[0]
        for stage, width in enumerate(widths):
            layer = []
            for i in range(blocks):
                layer.append(block(channels, width, 2 if stage > 0 and i == 0 else 1, shortcut, shortcut_pool))
                channels = block.expansion * width
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layer))
        self.linear = nn.Linear(channels, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.linear(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


# He et al. 2016 and, with wider stages, Zagoruyko & Komodakis 2016.


class PreActivation(nn.Module):
    """Pre-activation; where the shape changes, the shortcut is a bare 1x1 convolution of the activated values."""

    def __init__(self, channels, width, stride, bottleneck, activates=True):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels) if activates else None
        end = 4 * width if bottleneck else width
        self.conv1, self.bn2 = conv(channels, width, 1) if bottleneck else conv(channels, width, stride=stride), nn.BatchNorm2d(width)
        self.conv2 = conv(width, width, stride=stride if bottleneck else 1)
        self.bn3, self.conv3 = (nn.BatchNorm2d(width), conv(width, end, 1)) if bottleneck else (None, None)
        self.downsample = nn.Sequential(conv(channels, end, 1, stride)) if stride != 1 or channels != end else None

    def forward(self, x):
        active = F.relu(self.bn1(x)) if self.bn1 else x
        y = self.conv2(F.relu(self.bn2(self.conv1(active))))
        if self.bn3:
            y = self.conv3(F.relu(self.bn3(y)))
        return y + (self.downsample(active) if self.downsample else x)


class PreActivationNetwork(nn.Module):
    def __init__(self, blocks, widths, bottleneck, imagenet=False, stem=16, projection="shortcut", classes=10):
        super().__init__()
        self.conv1 = conv(3, stem, 7, 2) if imagenet else conv(3, stem)
        self.bn1 = nn.BatchNorm2d(stem) if imagenet else None
        channels = stem
        for stage, (count, width) in enumerate(zip(blocks, widths)):
            layer = []
            for i in range(count):
                first = imagenet and stage == 0 and i == 0  # already activated by the stem
                layer.append(PreActivation(channels, width, 2 if stage > 0 and i == 0 else 1, bottleneck, not first))
                channels = (4 if bottleneck else 1) * width
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layer))
        self.stages = len(widths)
        self.bn = nn.BatchNorm2d(channels)
        self.head = nn.Linear(channels, classes)
        self.names = {"downsample": projection, "head": "fc" if imagenet else "linear"}

    def forward(self, x):
        x = self.conv1(x)
        if self.bn1:
            x = F.max_pool2d(F.relu(self.bn1(x)), 3, 2, 1)
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return self.head(F.relu(self.bn(x)).mean((2, 3)))


# Changes to torchvision's ResNet.


class Plain(resnet.BasicBlock):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.downsample = None

    def forward(self, x):
        return self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))


def blocks_of(network):
    return [m for m in network.modules() if isinstance(m, (resnet.BasicBlock, resnet.Bottleneck, Basic, Bottleneck))]


def resnet_d(network):
    """He, T. et al. 2018, figure 2: three 3x3 convolutions in the stem (b: C), averages before projections (D). timm's names."""
    def unit(channels, width, stride):
        return [conv(channels, width, stride=stride), nn.BatchNorm2d(width), nn.ReLU()]

    network.conv1 = nn.Sequential(*unit(3, 32, 2), *unit(32, 32, 1), conv(32, 64))
    for block in blocks_of(network):
        if block.downsample is not None:
            old, norm = block.downsample
            pool = nn.AvgPool2d(2, 2) if old.stride[0] == 2 else nn.Identity()
            block.downsample = nn.Sequential(pool, conv(old.in_channels, old.out_channels, 1), norm)
    return network


def small_stem(network):
    network.conv1, network.maxpool = conv(3, 64), nn.Identity()
    return network


def stride_on_1x1(network):
    for block in blocks_of(network):
        block.conv1.stride, block.conv2.stride = block.conv2.stride, (1, 1)
    return network


def separable(network):
    for block in blocks_of(network):
        for name, old in list(block.named_children()):
            if isinstance(old, nn.Conv2d) and old.kernel_size == (3, 3):
                depthwise = conv(old.in_channels, old.in_channels, stride=old.stride[0], groups=old.in_channels)
                parts = OrderedDict(depthwise=depthwise, pointwise=conv(old.in_channels, old.out_channels, 1))
                setattr(block, name, nn.Sequential(parts))
    return network


def without_norm(network):
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
            if isinstance(child, nn.Conv2d):
                child.bias = nn.Parameter(torch.zeros(child.out_channels))
                nn.init.kaiming_normal_(child.weight)
    return network


# Huang et al. 2016 for small images.


def densenet_bc(depth, growth):
    network = densenet.DenseNet(growth, [(depth - 4) // 6] * 3, 2 * growth, num_classes=10)
    network.features.conv0 = conv(3, 2 * growth)
    del network.features.norm0, network.features.relu0, network.features.pool0
    return network


class DenseLayer(nn.Module):
    def __init__(self, channels, growth):
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(channels), conv(channels, growth)

    def forward(self, x):
        return torch.cat([x, self.conv1(F.relu(self.norm1(x)))], 1)


class BasicDenseNet(nn.Module):
    """Without bottleneck and compression."""

    def __init__(self, depth, growth):
        super().__init__()
        layers, channels = (depth - 4) // 3, 16
        self.features = nn.Sequential(OrderedDict(conv0=conv(3, 16)))
        for block in range(3):
            dense = OrderedDict((f"denselayer{i + 1}", DenseLayer(channels + i * growth, growth)) for i in range(layers))
            self.features.add_module(f"denseblock{block + 1}", nn.Sequential(dense))
            channels += layers * growth
            if block < 2:
                parts = OrderedDict(norm=nn.BatchNorm2d(channels), relu=nn.ReLU(), conv=conv(channels, channels, 1), pool=nn.AvgPool2d(2))
                self.features.add_module(f"transition{block + 1}", nn.Sequential(parts))
        self.features.add_module("norm5", nn.BatchNorm2d(channels))
        self.classifier = nn.Linear(channels, 10)

    def forward(self, x):
        return self.classifier(F.relu(self.features(x)).mean((2, 3)))


# The tutorials' networks.


class KerasBlock(nn.Module):
    def __init__(self, channels, width):
        super().__init__()
        self.conv1, self.conv2 = conv(channels, width, bias=True), conv(width, width, bias=True)
        self.shortcut = conv(channels, width, 1, bias=True) if channels != width else nn.Identity()

    def forward(self, x):
        return F.relu(self.shortcut(x) + self.conv2(F.relu(self.conv1(x))))


class KerasMnist(nn.Module):
    def __init__(self, dropout=None):
        super().__init__()
        self.conv1 = conv(1, 64, bias=True)
        channels = 64
        for group, width in enumerate((64, 128, 256)):
            blocks = []
            for _ in range(3):
                blocks.append(KerasBlock(channels, width))
                channels = width
            setattr(self, f"layer{group + 1}", nn.Sequential(*blocks))
        self.fc1, self.dropout, self.fc2 = nn.Linear(256, 512), dropout or nn.Dropout(0.5), nn.Linear(512, 10)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.conv1(x)))).mean((2, 3))
        return self.fc2(self.dropout(F.relu(self.fc1(x))))


class ModernResidual(nn.Module):
    def __init__(self, channels, width, stride=1):
        super().__init__()
        self.conv1, self.conv2 = conv(channels, width, stride=stride, bias=True), conv(width, width, bias=True)
        self.conv3 = conv(channels, width, 1, stride, bias=True) if stride != 1 or channels != width else None
        self.bn1, self.bn2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (self.conv3(x) if self.conv3 else x))


def modern_stem():
    return nn.Sequential(conv(1, 64, 7, 2, bias=True), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1))


def modern_resnet18():
    stages, channels = [], 64
    for width in (64, 128, 256, 512):
        stages.append(nn.Sequential(ModernResidual(channels, width, 1 if width == 64 else 2), ModernResidual(width, width)))
        channels = width
    return nn.Sequential(modern_stem(), *stages, nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(512, 10))


class ModernDenseBlock(nn.Module):
    def __init__(self, channels, layers, growth):
        super().__init__()
        self.net = nn.Sequential(*(self.layer(channels + i * growth, growth) for i in range(layers)))

    @staticmethod
    def layer(channels, growth):
        return nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(), conv(channels, growth, bias=True))

    def forward(self, x):
        for layer in self.net:
            x = torch.cat((x, layer(x)), 1)
        return x


def modern_densenet():
    parts, channels = [], 64
    for i in range(4):
        parts.append(ModernDenseBlock(channels, 4, 32))
        channels += 4 * 32
        if i < 3:
            parts.append(nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(), conv(channels, channels // 2, 1, bias=True), nn.AvgPool2d(2, 2)))
            channels //= 2
    tail = [nn.BatchNorm2d(channels), nn.ReLU(), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(channels, 10)]
    return nn.Sequential(modern_stem(), *parts, *tail)


class NumberedBottleneck(nn.Module):
    def __init__(self, channels, width, stride):
        super().__init__()
        self.bottleneck = nn.Sequential(
            conv(channels, width, 1), nn.BatchNorm2d(width), nn.ReLU(),
            conv(width, width, stride=stride), nn.BatchNorm2d(width), nn.ReLU(),
            conv(width, 4 * width, 1), nn.BatchNorm2d(4 * width))  # fmt: skip
        self.shortcut = nn.Sequential()
        if stride != 1 or channels != 4 * width:
            self.shortcut = nn.Sequential(conv(channels, 4 * width, 1, stride), nn.BatchNorm2d(4 * width))

    def forward(self, x):
        return F.relu(self.bottleneck(x) + self.shortcut(x))


class ResNet50LinearStem(nn.Module):
    """No ReLU between the stem's normalization and its pooling."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Sequential(conv(3, 64, 7, 2), nn.BatchNorm2d(64), nn.MaxPool2d(3, 2, 1))
        channels = 64
        for stage, (blocks, width) in enumerate(zip((3, 4, 6, 3), (64, 128, 256, 512))):
            layer = []
            for i in range(blocks):
                layer.append(NumberedBottleneck(channels, width, 2 if stage > 0 and i == 0 else 1))
                channels = 4 * width
            setattr(self, f"conv{stage + 2}", nn.Sequential(*layer))
        self.fc = nn.Linear(2048, 10)

    def forward(self, x):
        return self.fc(self.conv5(self.conv4(self.conv3(self.conv2(self.conv1(x))))).mean((2, 3)))


DEPTHS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3), 200: (3, 24, 36, 3)}


def torchvisions(name):
    return getattr(torchvision.models, name)(weights=None)


def named(name):
    """The network of that name in `residual`; choices follow the name, each after a '+'."""
    name, *choices = name.split("+")
    network = make(name, choices)
    changes = {"stem": small_stem, "block": separable, "norm": without_norm, "stride": stride_on_1x1}
    for choice in choices:
        network = changes.get(choice.split("=")[0], lambda network: network)(network)
    return network


def make(name, choices):
    chosen = dict(choice.split("=") for choice in choices if "=" in choice)
    shortcut, shortcut_pool = chosen.get("shortcut"), chosen.get("shortcut_pool", "subsample")
    family, _, rest = name.partition("-")
    tutorials = {"keras-mnist": KerasMnist, "modern-resnet18": modern_resnet18, "modern-densenet": modern_densenet,
                 "resnet50-linear-stem": ResNet50LinearStem, "resnet18-shortcut": lambda: torchvisions("resnet18")}  # fmt: skip
    if name in tutorials:
        return tutorials[name]()
    if name == "linear":
        return nn.Sequential(OrderedDict(flatten=nn.Flatten(), linear=nn.Linear(3 * 32 * 32, 10)))
    if name.startswith("preact-resnet"):
        depth, basic = int(rest.split("-")[0].removeprefix("resnet")), rest.endswith("-basic")
        if depth in DEPTHS:
            return PreActivationNetwork(DEPTHS[depth], (64, 128, 256, 512), depth >= 50, True, 64, "downsample", 1000)
        return PreActivationNetwork([(depth - 2) // (6 if basic else 9)] * 3, (16, 32, 64), not basic)
    if family == "wrn":
        depth, factor = map(int, rest.split("-"))
        return PreActivationNetwork([(depth - 4) // 6] * 3, (16 * factor, 32 * factor, 64 * factor), False)
    if name.startswith("densenet-bc"):
        depth, growth = rest.removeprefix("bc-").split("-k")
        return densenet_bc(int(depth), int(growth))
    if name.startswith("densenet") and "-k" in name:
        return BasicDenseNet(*map(int, name.removeprefix("densenet").split("-k")))
    if name in ("plain18", "plain34"):
        return resnet.ResNet(Plain, DEPTHS[int(name[5:])])
    if name in ("resnet18-small", "resnet34-small"):
        return small_stem(resnet.ResNet(resnet.BasicBlock, DEPTHS[int(name[6:8])], num_classes=10))
    if name.endswith("d") and name[6:-1].isdigit():
        depth = int(name[6:-1])
        return resnet_d(resnet.ResNet(resnet.Bottleneck if depth >= 50 else resnet.BasicBlock, DEPTHS[depth]))
    if hasattr(torchvision.models, name):
        return torchvisions(name)
    if name.endswith("-bottleneck"):
        return Cifar(Bottleneck, (int(name.removeprefix("resnet").split("-")[0]) - 2) // 9, shortcut or "B", shortcut_pool)
    if name.startswith("plain"):
        return Cifar(Basic, (int(name[5:]) - 2) // 6, "none")
    return Cifar(Basic, (int(name[6:]) - 2) // 6, shortcut or "A", shortcut_pool)


def our_name(network, key, name):
    """The name in `residual` of an entry of the network's state_dict."""
    renamed = getattr(network, "names", {"downsample": "shortcut"} if name == "resnet18-shortcut" else {})
    return ".".join(renamed.get(part, part) for part in key.split("."))


def tensors_of(network, name):
    """Parameters and statistics under their names in `residual`."""
    entries = network.state_dict().items()
    return {our_name(network, key, name): value for key, value in entries if not key.endswith("num_batches_tracked")}
