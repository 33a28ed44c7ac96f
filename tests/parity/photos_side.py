"""Logits of torchvision's networks with random weights for photographs, read from their files.

    python photos_side.py NETWORK PHOTOS MODEL.pth OUT.safetensors        (PyTorch 2.13, torchvision 0.29, Pillow 13)

Pillow decodes, torchvision resizes, crops and normalises as for its own weights. MODEL.pth is the state_dict; OUT holds `logits`, one row
per file of the folder PHOTOS, sorted by name.
"""

import pathlib
import sys
import warnings

warnings.filterwarnings("ignore")
import torch  # noqa: E402
from PIL import Image  # noqa: E402
from torch import nn  # noqa: E402

from networks import torchvision, torchvisions  # noqa: E402
from tensors import save  # noqa: E402

from torchvision import transforms  # noqa: E402  (networks.py prepares torchvision)

BATCH = 10


@torch.no_grad()
def main(name, photos, model, out):
    torch.manual_seed(20151210)
    torch.set_num_threads(2)
    prepare = transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]
    )
    images = torch.stack([prepare(Image.open(path).convert("RGB")) for path in sorted(pathlib.Path(photos).iterdir())])
    network = torchvisions(name)
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:  # statistics of photographs, so that values neither vanish nor overflow
        norm.weight.uniform_(0.2, 0.6)
        norm.bias.uniform_(-0.3, 0.3)
        norm.momentum = 1.0
    if norms:
        network.train()(images[::BATCH])
    for norm in norms:
        norm.running_var *= torch.empty_like(norm.running_var).uniform_(0.8, 1.25)
    torch.save(network.state_dict(), model)
    network.eval()
    save(out, {"logits": torch.cat([network(batch) for batch in images.split(BATCH)])}, {"network": name, "torchvision": torchvision.__version__})


main(*sys.argv[1:])
