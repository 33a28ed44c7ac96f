"""The results of PyTorch for one small training run, as a safetensors file for the comparisons in tests/parity.

    python pytorch_side.py NETWORK OUT.safetensors        (PyTorch 2.13 and numpy)

In the file, with every parameter and statistic under its state_dict name:
  images, labels       two batches; step t takes batch t % 2
  init.*                 float32, the initial values of every run
  logits, loss, grad.*   float64, of the first batch in training mode
  *.losses               float64, ten steps of sgd, nesterov, adam and adamw (see OPTIMIZERS)
  *.losses32             float32, one row per run: contiguous and channels-last, each with 1 and 2 threads and with NUDGED / 2
                         initial values that are rounded differently
  final.*                float64, parameters and statistics after the ten steps of sgd
  eval_logits            float64, of the first batch in evaluation mode with final.*
"""

import copy
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional as F

from tensors import save

STEPS = 10
NUDGED = 8
OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, weight_decay=1e-3),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, weight_decay=1e-3, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, lr=1e-3, weight_decay=1e-3),
    "adamw": lambda p: torch.optim.AdamW(p, lr=1e-3, weight_decay=1e-2),
    "tutorial_nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "tutorial_adam": lambda p: torch.optim.Adam(p),
}


class Block(nn.Module):
    def __init__(self, channels, width, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.stride, self.extra = stride, width - channels
        self.shortcut = None
        if shortcut == "B" and (stride != 1 or channels != width):
            self.shortcut = nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.shortcut is not None:
            x = self.shortcut(x)
        elif self.stride != 1 or self.extra:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.extra // 2, self.extra - self.extra // 2))
        return F.relu(y + x)


class ResNet(nn.Module):
    def __init__(self, widths, blocks, shortcut, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        channels = widths[0]
        for stage, width in enumerate(widths):
            layer = []
            for i in range(blocks):
                layer.append(Block(channels, width, 2 if stage > 0 and i == 0 else 1, shortcut))
                channels = width
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layer))
        self.linear = nn.Linear(channels, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


class Small(nn.Module):
    """Concat, dropout (off), biases, groups, dilation, both pools and sigmoid."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=2)
        self.conv3 = nn.Conv2d(8, 4, (1, 3), stride=(1, 1), padding=(0, 1))
        self.bn = nn.BatchNorm2d(12)
        self.dropout = nn.Dropout(0.0)
        self.fc1 = nn.Linear(108, 16)
        self.fc2 = nn.Linear(16, 5)

    def forward(self, x):
        x = F.max_pool2d(torch.sigmoid(self.conv1(x)), 3, 2, 1)
        x = torch.cat([self.conv2(x), F.relu(self.conv3(x))], 1)
        x = F.avg_pool2d(F.relu(self.bn(x)), 2, 2, 1, count_include_pad=False)
        return self.fc2(torch.sigmoid(self.fc1(self.dropout(x.flatten(1)))))


class Dropout(nn.Module):
    """The dropout masks of `residual`: Philox 4x32-10 of (seed 0, step, layer 0, sample, element), see ops/layers/dropout.h."""

    def __init__(self, learning_rate):
        super().__init__()
        self.learning_rate, self.step = learning_rate, 0

    def forward(self, x):
        if not self.training:
            return x
        samples, elements = x.shape
        sample, element = numpy.meshgrid(numpy.arange(samples), numpy.arange(elements), indexing="ij")
        counter = [element // 4, sample, numpy.zeros_like(sample), numpy.full_like(sample, self.step)]
        words = numpy.stack(philox(counter, [0, 0x64726F70]))
        word = numpy.take_along_axis(words, (element % 4)[None], 0)[0]
        self.step += 1
        return x * torch.from_numpy(word * 2.0**-32 >= self.learning_rate).to(x.dtype) / (1 - self.learning_rate)


def philox(counter, key):
    """Salmon et al. 2011; each word an array of integers below 2^32."""
    c, k, mask = [word.astype(numpy.uint64) for word in counter], list(key), 0xFFFFFFFF
    for _ in range(10):
        a, b = c[0] * numpy.uint64(0xD2511F53), c[2] * numpy.uint64(0xCD9E8D57)
        c = [(b >> 32) ^ c[1] ^ numpy.uint64(k[0]), b & mask, (a >> 32) ^ c[3] ^ numpy.uint64(k[1]), a & mask]
        k = [(k[0] + 0x9E3779B9) & mask, (k[1] + 0xBB67AE85) & mask]
    return c


def tutorials(name):
    import networks

    return networks.KerasMnist(Dropout(0.5)) if name == "keras_mnist" else networks.ResNet50LinearStem()


CHANNELS = {"keras_mnist": 1}
START_AS_THEY_ARE = ("keras_mnist", "resnet50_linear_stem")

# name: network, batch size, image size, classes, label smoothing, optimizers
NETWORKS = {
    "tiny_resnet_a": (lambda: ResNet((4, 8, 16), 1, "A", 10), 4, 8, 10, 0.0, list(OPTIMIZERS)),
    "tiny_resnet_b": (lambda: ResNet((4, 8, 16), 1, "B", 10), 4, 8, 10, 0.0, list(OPTIMIZERS)),
    "small": (Small, 4, 10, 5, 0.1, list(OPTIMIZERS)),
    "resnet20_a": (lambda: ResNet((16, 32, 64), 3, "A", 10), 4, 32, 10, 0.0, ["sgd", "adam"]),
    "resnet20_b": (lambda: ResNet((16, 32, 64), 3, "B", 10), 4, 32, 10, 0.0, ["sgd", "adam"]),
    "keras_mnist": (lambda: tutorials("keras_mnist"), 4, 28, 10, 0.0, ["tutorial_nesterov"]),
    "resnet50_linear_stem": (lambda: tutorials("resnet50_linear_stem"), 8, 224, 10, 0.0, ["tutorial_adam"]),
}


def values_of(model):
    return {name: value for name, value in model.state_dict().items() if not name.endswith("num_batches_tracked")}


def nudged(start, seed):
    """A copy with every parameter moved at random to the next float32 above or below, to simulate another processor's rounding."""
    random = torch.Generator().manual_seed(seed)
    model = copy.deepcopy(start)
    with torch.no_grad():
        for parameter in model.parameters():
            above = torch.rand(parameter.shape, generator=random) < 0.5
            parameter.copy_(torch.nextafter(parameter, torch.where(above, torch.inf, -torch.inf)))
    return model


def losses(start, optimizer, images, labels, smoothing, dtype, layout=torch.contiguous_format, threads=1):
    torch.set_num_threads(threads)
    model = copy.deepcopy(start).to(dtype=dtype, memory_format=layout)
    model.train()
    step = OPTIMIZERS[optimizer](model.parameters())
    result = []
    for t in range(STEPS):
        x = images[t % 2].to(dtype=dtype).contiguous(memory_format=layout)
        step.zero_grad()
        loss = F.cross_entropy(model(x), labels[t % 2], label_smoothing=smoothing)
        loss.backward()
        step.step()
        result.append(loss.item())
    return model, torch.tensor(result, dtype=dtype)


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in NETWORKS:
        sys.exit(f"usage: pytorch_side.py {'|'.join(NETWORKS)} OUT.safetensors")
    make, batch, size, classes, smoothing, optimizers = NETWORKS[sys.argv[1]]
    torch.manual_seed(20151210)
    start = make()
    with torch.no_grad():  # distinguishable scales and shifts
        for module in start.modules():
            if isinstance(module, nn.BatchNorm2d) and sys.argv[1] not in START_AS_THEY_ARE:
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.3, 0.3)
    images = torch.randn(2, batch, CHANNELS.get(sys.argv[1], 3), size, size)
    labels = torch.randint(classes, (2, batch))
    out = {"images": images, "labels": labels}
    out.update({"init." + name: value.clone() for name, value in values_of(start).items()})

    model = copy.deepcopy(start).double().train()
    logits = model(images[0].double())
    loss = F.cross_entropy(logits, labels[0], label_smoothing=smoothing)
    loss.backward()
    out["logits"], out["loss"] = logits, loss
    out.update({"grad." + name: parameter.grad for name, parameter in model.named_parameters()})

    for optimizer in optimizers:
        model, out[optimizer + ".losses"] = losses(start, optimizer, images, labels, smoothing, torch.float64)
        if optimizer == "sgd":
            out.update({"final." + name: value.clone() for name, value in values_of(model).items()})
            out["eval_logits"] = model.eval()(images[0].double())
        runs = []
        for layout in (torch.contiguous_format, torch.channels_last):
            runs += [(start, layout, threads) for threads in (1, 2)]
            runs += [(nudged(start, seed), layout, 1) for seed in range(NUDGED // 2)]
        out[optimizer + ".losses32"] = torch.stack(
            [losses(begin, optimizer, images, labels, smoothing, torch.float32, *way)[1] for begin, *way in runs]
        )
    save(sys.argv[2], out, {"network": sys.argv[1], "torch": torch.__version__})


main()
