"""Makes family_*.safetensors: tiny members of the family, their images, weights and the logits that PyTorch 2.13 computes.

    python tests/golden/make_family.py        (PyTorch, torchvision, numpy)

The metadata hold the architecture as our model files write it.
"""

import json
import pathlib
import sys

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here.parent / "parity"))
import networks  # noqa: E402
import torch  # noqa: E402
from family_side import run  # noqa: E402
from tensors import save  # noqa: E402

NAMES = {"projection": "shortcut.0", "projection_norm": "shortcut.1", "head": ["linear"]}
STEM = {"convolutions": [{"channels": 4, "kernel": 3, "stride": 1}], "max_pool": False}
STAGES = [{"blocks": 1, "width": 4}, {"blocks": 1, "width": 8, "stride": 2}, {"blocks": 1, "width": 16, "stride": 2}]


def described(**choices):
    return {"description": {"name": "tiny", "stem": STEM, "stages": STAGES, "names": NAMES, **choices}}


TINY = {
    "densenet_bc": (networks.densenet_bc(10, 4), {"model": "densenet-bc-10-k4"}),
    "densenet": (networks.BasicDenseNet(13, 4), {"model": "densenet13-k4"}),
    "pre_activation": (
        networks.PreActivationNetwork([1] * 3, (4, 8, 16), True, stem=4),
        described(block={"kind": "bottleneck", "pre_activation": True}, shortcut={"norm": False}, stem={**STEM, "norm": False, "relu": False}),
    ),
    "averaged_bottleneck": (
        networks.Cifar(networks.Bottleneck, 1, "A", "average", (4, 8, 16)),
        described(block={"kind": "bottleneck"}, shortcut={"kind": "A", "pool": "average"}),
    ),
    "separable": (
        networks.separable(networks.Cifar(networks.Basic, 1, "C", "subsample", (4, 8, 16))),
        described(block={"separable": True}, shortcut={"kind": "C"}),
    ),
    "without_norm": (
        networks.without_norm(networks.Cifar(networks.Basic, 1, "A", "max", (4, 8, 16))),
        described(norm="none", shortcut={"kind": "A", "pool": "max"}),
    ),
}

for name, (network, architecture) in TINY.items():
    torch.manual_seed(20160825)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    images, logits = run(network, 3, 12, 16)
    whole = {"model": "tiny", "input": [3, 12, 16], "classes": 10, **architecture}
    tensors = {"images": images, "logits": logits, **networks.tensors_of(network, name)}
    save(here / f"family_{name}.safetensors", tensors, {"architecture": json.dumps(whole), "torch": torch.__version__})
