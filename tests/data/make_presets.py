#!/usr/bin/env python3
"""Makes golden/recipe_NAME.f32: what torchvision's transforms make of golden/colour.png by the presets of data/preprocessing/presets.h.

  make_presets.py

Each file is C,H,W float32. Sizes are small, so the shorter side and the crop keep the presets' proportion: for an input of 16 pixels 256 and
224 become 18 and 16. Needs Pillow and torchvision; made with Pillow 13.0 and torchvision 0.29.
"""
import os

import numpy
from PIL import Image
from torchvision import transforms
from torchvision.transforms import InterpolationMode as Mode

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
image = Image.open(os.path.join(folder, "colour.png")).convert("RGB")
imagenet = [transforms.ToTensor(), transforms.Normalize([.485, .456, .406], [.229, .224, .225])]
half = transforms.Normalize([.5] * 3, [.5] * 3)

presets = {
    "imagenet_16": [transforms.Resize(18), transforms.CenterCrop(16), *imagenet],
    "imagenet-v2_20": [transforms.Resize(21), transforms.CenterCrop(20), *imagenet],
    "imagenet-norm_own": imagenet,
    "cifar10_12": [transforms.Resize((12, 12)), transforms.ToTensor(), transforms.Normalize([.4914, .4822, .4465], [.2470, .2435, .2616])],
    "divide-255_9": [transforms.Resize((9, 9)), transforms.ToTensor()],
    "mnist_14": [transforms.Grayscale(), transforms.Resize((14, 14)), transforms.ToTensor(), transforms.Normalize([.1307], [.3081])],
    "normalize-0.5-resize_48": [transforms.ToTensor(), half, transforms.Resize((48, 48), antialias=True)],
    # timm's evaluation transform: centre crop of floor(size / crop_pct), and "squash"
    "timm_bicubic_16": [transforms.Resize(16 * 100 // 95, Mode.BICUBIC), transforms.CenterCrop(16), *imagenet],
    "timm_squash_16x20": [transforms.Resize((18, 22), Mode.BILINEAR), transforms.CenterCrop((16, 20)), transforms.ToTensor(), half],
}
for name, steps in presets.items():
    transforms.Compose(steps)(image).numpy().astype("<f4").tofile(os.path.join(folder, f"recipe_{name}.f32"))
