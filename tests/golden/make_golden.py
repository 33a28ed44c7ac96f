"""Makes the golden files of this folder anew: what PyTorch 2.13 computes for tiny networks (see tests/parity/pytorch_side.py).

    python tests/golden/make_golden.py
"""

import pathlib
import subprocess
import sys

here = pathlib.Path(__file__).parent
for network in ("tiny_resnet_a", "tiny_resnet_b", "small"):
    subprocess.run([sys.executable, here.parent / "parity" / "pytorch_side.py", network, here / f"{network}.safetensors"], check=True)
