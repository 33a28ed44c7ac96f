"""Logits of PyTorch's networks for random images with random weights and statistics, one file per network.

    python family_side.py FOLDER NETWORK[:HEIGHTxWIDTH]...        (PyTorch 2.13, torchvision 0.29, numpy)

FOLDER/NETWORK.safetensors holds `images` and `logits` (evaluation mode) and every parameter and statistic under its name. The
statistics are those of random images with small changes, so that values neither vanish nor overflow in a thousand layers.
"""

import pathlib
import sys
import warnings

warnings.filterwarnings("ignore")
import torch  # noqa: E402
from torch import nn  # noqa: E402

from networks import named, tensors_of  # noqa: E402
from tensors import save  # noqa: E402


@torch.no_grad()
def run(network, channels, height, width):
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.weight.uniform_(0.2, 0.6)  # around 1, float32 itself would have errors of 3e-4 after 152 layers
        norm.bias.uniform_(-0.3, 0.3)
        norm.momentum = 1.0
    if norms:
        network.train()(torch.randn(4, channels, height, width))
    for norm in norms:
        norm.running_mean += 0.1 * torch.randn_like(norm.running_mean) * norm.running_var.sqrt()
        norm.running_var *= torch.empty_like(norm.running_var).uniform_(0.8, 1.25)
        norm.running_var += 0.01
    images = torch.randn(2, channels, height, width)
    return images, network.eval()(images)


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.set_num_threads(2)
    for argument in sys.argv[2:]:
        name, _, size = argument.partition(":")
        height, width = map(int, size.split("x")) if size else (64, 64)
        torch.manual_seed(20160519)
        network = named(name)
        channels = next(network.parameters()).shape[1] if name != "linear" else 3
        images, logits = run(network, channels, height, width)
        save(folder / f"{name}.safetensors", {"images": images, "logits": logits, **tensors_of(network, name)}, {"network": name})


if __name__ == "__main__":
    main()
