"""The Python side of checkpoints_test.cpp: one network's weights as many programs and training scripts save them.

    python checkpoints_side.py FOLDER

Each NAME.pth comes with NAME.json: {"logits": KEY of reference.safetensors, "weights_in": ...} or {"refused": a part of the message}.
reference.safetensors holds the images and the logits that PyTorch computes for them.
"""

import argparse
import collections
import copy
import datetime
import decimal
import enum
import fractions
import functools
import json
import pathlib
import pickle
import random
import sys
import types
import uuid
import warnings

import numpy
import torch
from torch import nn

import networks
import tensors

warnings.filterwarnings("ignore")
FOLDER = pathlib.Path(sys.argv[1])
REFERENCE = {}


class EasyDict(dict):
    """As the package of that name: a dict whose entries are attributes too."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.__dict__.update(self)


class Phase(enum.Enum):
    TRAIN = "train"


Point = collections.namedtuple("Point", "x y")


class Trainer:
    def __init__(self, model):
        self.model, self.epoch, self.rng = model, 3, random.Random(1)


class Blend(nn.Module):
    """A buffer that a state_dict does not have."""

    def __init__(self, body):
        super().__init__()
        self.body = body
        self.register_buffer("scratch", torch.ones(7), persistent=False)


def trained(network, seed):
    torch.manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.2)
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 1.5)
        elif isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.normal_(module.weight, 0, 0.2)
    return network.eval()


def resnet8(seed=1, classes=10):
    network = networks.Cifar(networks.Basic, 1, "B")
    network.linear = nn.Linear(network.linear.in_features, classes)
    return trained(network, seed)


def case(name, content, logits="first", refused=None, weights_in=None, protocol=2, old=False, **options):
    torch.save(content, FOLDER / f"{name}.pth", pickle_protocol=protocol, _use_new_zipfile_serialization=not old)
    expected = {"refused": refused} if refused else {"logits": logits}
    if weights_in:
        expected["weights_in"] = weights_in
    (FOLDER / f"{name}.json").write_text(json.dumps({**expected, **options}))


def renamed(state, rename):
    return collections.OrderedDict((rename(name), value) for name, value in state.items())


def prefixed(state, prefix):
    return renamed(state, lambda name: prefix + name)


def replaced(state, **names):
    """Whole first components of names, replaced."""

    def rename(name):
        first, rest = name.split(".", 1)
        return names.get(first, first) + "." + rest

    return renamed(state, rename)


def company(state):
    """Whatever stands beside the weights."""
    values = {
        "namespace": argparse.Namespace(lr=0.1, data=pathlib.PurePosixPath("/data"), device=torch.device("cuda", 0)),
        "counter": collections.Counter("abcab"),
        "numpy_scalar": {"best": numpy.float64(0.93), "single": numpy.float32(1.5), "flag": numpy.bool_(True)},
        "numpy_array": {"loss": numpy.linspace(0, 1, 70000), "names": numpy.array(["a", "b"])},
        "datetime": [datetime.datetime(2024, 5, 1, 12), datetime.timedelta(3), datetime.date(2024, 5, 1)],
        "set": {"names": {"a", "b"}, "frozen": frozenset({1, 2}), "empty": set()},
        "bytes": {"short": b"\x00\xff", "long": bytes(range(256)) * 300, "array": bytearray(b"abc")},
        "device_dtype": (torch.device("cpu"), torch.float16, torch.Size([1, 2])),
        "easydict": EasyDict(lr=0.1, model=EasyDict(depth=8)),
        "enum": Phase.TRAIN,
        "defaultdict": collections.defaultdict(list, {"loss": [1.0, 2.0]}),
        "deque": collections.deque([1, 2], maxlen=5),
        "namedtuple": Point(1, 2),
        "simple_namespace": types.SimpleNamespace(a=1),
        "functions": [nn.functional.softplus, functools.partial(nn.functional.leaky_relu, negative_slope=0.1), len, nn.Conv2d],
        "numbers": [decimal.Decimal("0.1"), fractions.Fraction(1, 3), 2 + 3j, range(5), slice(1, 2), 1 << 200, uuid.UUID(int=5)],
        "random_states": {"python": random.getstate(), "numpy": numpy.random.get_state(), "torch": torch.get_rng_state()},
        "generator": {"sampler": numpy.random.default_rng(3)},
    }
    for name, value in values.items():
        case(f"beside_{name}", {"epoch": 3, "state_dict": state, "extra": value})
    for protocol in (2, 3, 4, 5):
        case(f"beside_all_protocol{protocol}", {"extras": values, "state_dict": state}, protocol=protocol)
    case("beside_all_old", {"extras": values, "state_dict": state}, old=True)
    case("in_state_dict_set", {**state, "names": {"a"}}, refused="a set")
    case("in_state_dict_object", {**state, "args": argparse.Namespace(a=1)}, refused="argparse.Namespace")
    case("in_state_dict_bytes", {**state, "raw": b"abc"}, refused="in a pickle is ever executed")


def modules(network, state):
    wrapped = nn.DataParallel(network)
    averaged = torch.optim.swa_utils.AveragedModel(network)
    annotated = copy.deepcopy(network)
    for parameter in annotated.parameters():
        parameter.no_weight_decay = True
    for name, value in {"plain": network, "data_parallel": wrapped, "averaged": averaged, "annotated": annotated, "blend": Blend(network)}.items():
        case(f"module_{name}", value)
    case("module_in_dict", {"epoch": 2, "model": network, "optimizer": torch.optim.SGD(network.parameters(), 0.1, 0.9).state_dict()})
    case("module_in_object", {"trainer": Trainer(network)})
    case("module_old", network, old=True)
    case("module_protocol4", network, protocol=4)
    case("annotated_state_dict", annotated.state_dict(keep_vars=True))
    case("compiled", prefixed(state, "_orig_mod."))
    case("compiled_data_parallel", prefixed(state, "_orig_mod.module."))
    case("compiled_inside", replaced(state, layer1="layer1._orig_mod", layer3="layer3.module"))


def places(state, second):
    optimizer = {"state": {i: {"momentum_buffer": value} for i, value in enumerate(state.values())}, "param_groups": [{"lr": 0.1}]}
    case("place_ema_only", {"state_dict_ema": state, "epoch": 1})
    case("place_unknown_name", {"weights_of_epoch_3": state, "optimizer": optimizer})
    case("place_deep", {"a": {"b": [{"c": state}]}})
    case("place_tuple", (3, state, "text"))
    case("place_object", Trainer(state))
    case("several_ema_first", {"model_ema": second, "model": state})
    case("several_teacher", {"teacher": second, "student": state})
    case("several_averaged", {"swa_model": second, "epoch": 1, "network": state})
    case("several_chosen", {"model": state, "model_ema": second}, "second", weights_in="model_ema")
    case("several_chosen_deep", {"model": {"now": state, "average": second}}, "second", weights_in="model.average")
    case("several_in_one", {"state_dict": {**prefixed(state, "module.encoder_q."), **prefixed(second, "module.encoder_k."), "module.queue": torch.ones(128, 64)}},
         "second", weights_in="state_dict.module.encoder_k")  # fmt: skip
    encoders = {"state_dict": {**prefixed(state, "module.encoder_q."), **prefixed(second, "module.encoder_k.")}}
    case("several_encoders", encoders)
    case("several_encoders_chosen", encoders, "second", weights_in="module.encoder_k")
    case("several_wrong_name", {"model": state}, weights_in="ema", refused="'model'")
    case("optimizer_only", {"epoch": 2, "note": "nothing"}, refused="holds no tensors")


def prefixes(state, second):
    body = {name: value for name, value in state.items() if not name.startswith("linear.")}
    head = {name.removeprefix("linear."): value for name, value in state.items() if name.startswith("linear.")}
    assert len(head) == 2

    def parted(before, after, more=()):
        return collections.OrderedDict([*prefixed(body, before).items(), *prefixed(head, after).items(), *dict(more).items()])

    for name, before, after in [("mmcls", "backbone.", "head.fc."), ("encoder", "encoder.", "classifier.0."), ("deep", "model.net.backbone.", "model.net.cls."), ("lower_head", "features_extractor.", "last_linear."), ("only_head_outside", "resnet.", "out.3.")]:  # fmt: skip
        case(f"prefix_{name}", parted(before, after))
    for name in ("fc.1", "classifier.0", "last_linear", "head.fc", "head", "logits", "my_output", "fc.module", "classifier.classifier"):
        case(f"head_{name}", parted("", name + "."))
    case("lightning", {"state_dict": {**prefixed(state, "model."), "criterion.weight": torch.ones(10)}, "pytorch-lightning_version": "2.0", "hyper_parameters": EasyDict(lr=1)})
    case("lightning_ema", {"state_dict": {**prefixed(state, "model."), **prefixed(second, "ema_model.module.")}})
    case("two_networks", {**prefixed(second, "teacher."), **prefixed(state, "student.")})
    case("auxiliary_head", {**state, "aux.weight": torch.ones(4, 64), "aux.bias": torch.ones(4)})
    case("profiled", {**state, "total_ops": torch.zeros(1, dtype=torch.float64), "layer1.total_params": torch.zeros(1, dtype=torch.float64), "layer2.0.conv1.total_ops": torch.zeros(1, dtype=torch.float64)})
    case("loss_weights", {**state, "criterion.weight": torch.ones(10), "center_loss.centers": torch.ones(10, 64)})
    case("part_squeeze", {**state, "layer1.0.se.fc1.weight": torch.ones(4, 16), "layer1.0.se.fc2.weight": torch.ones(16, 4)}, refused="layer1.0.se.fc1.weight")
    case("part_prelu", {**state, "relu.weight": torch.ones(1)}, refused="relu.weight")
    case("part_convolution", {**prefixed(state, "resnet."), "adapter.weight": torch.ones(3, 1, 1, 1)}, refused="adapter.weight")
    case("part_neck", {**prefixed(state, "base."), "neck.weight": torch.ones(64), "neck.running_mean": torch.ones(64)}, refused="neck")
    case("part_stacked", {**state, "linear2.weight": torch.ones(5, 10), "linear2.bias": torch.ones(5)}, refused="linear2")
    case("part_block", {**state, "layer2.1.conv1.weight": torch.ones(32, 32, 3, 3)}, refused="but not the same")
    mlp = {**body, "fc.0.weight": torch.ones(32, 64), "fc.0.bias": torch.ones(32), "fc.3.weight": torch.ones(10, 32), "fc.3.bias": torch.ones(10)}
    case("part_hidden_head", mlp, refused="fc.0")
    case("one_logit", resnet8(classes=1).state_dict(), refused="one logit")


def numbered(network):
    children = list(network.children())
    case("sequential", nn.Sequential(*children).state_dict())
    case("sequential_with_relu", nn.Sequential(children[0], children[1], nn.ReLU(), *children[2:-1], nn.AdaptiveAvgPool2d(1), nn.Flatten(), children[-1]).state_dict())
    case("sequential_body", nn.Sequential(nn.Sequential(*children[:-1]), children[-1]).state_dict())
    case("sequential_named", nn.ModuleDict({"features": nn.Sequential(*children[:-1]), "fc": children[-1]}).state_dict())
    stem = nn.Sequential(children[0], children[1], nn.ReLU())
    case("sequential_stem", nn.ModuleDict({"layer0": stem, "layer1": children[2], "layer2": children[3], "layer3": children[4], "fc": children[5]}).state_dict())
    case("stages", nn.ModuleDict({"stem": stem, "stages": nn.Sequential(*children[2:5]), "head": nn.ModuleDict({"fc": children[5]})}).state_dict())
    case("stages_from_zero", nn.ModuleDict({"conv": children[0], "norm": children[1], "stage0": children[2], "stage1": children[3], "stage2": children[4], "fc": children[5]}).state_dict())


def in_blocks(state):
    def left(name):
        for old, new in {".conv1.": ".left.0.", ".bn1.": ".left.1.", ".conv2.": ".left.3.", ".bn2.": ".left.4."}.items():
            if name.startswith("layer"):
                name = name.replace(old, new)
        return name

    case("block_left", renamed(state, left))
    case("block_units", renamed(state, lambda name: name.replace(".bn1.", ".conv1.1.").replace(".bn2.", ".conv2.1.").replace("0.conv1.weight", "0.conv1.0.weight").replace("0.conv2.weight", "0.conv2.0.weight") if name.startswith("layer") else name))
    case("block_norms", renamed(state, lambda name: name.replace(".bn", ".norm").replace("shortcut", "skip")))


def quantized(network, state):
    case("quantized_tensor", {**state, "linear.weight": torch.quantize_per_tensor(state["linear.weight"], 0.1, 0, torch.qint8)}, refused="quantized")
    packed = torch.ao.quantization.quantize_dynamic(copy.deepcopy(network), {nn.Linear}, torch.qint8)
    case("quantized_packed", packed.state_dict(), refused="quantized")
    case("sparse", {**state, "linear.weight": state["linear.weight"].to_sparse()}, refused="not a dense one")


def scripts():
    """The dictionaries of torchvision's references/classification/train.py and of timm's utils/checkpoint_saver.py."""
    network, average = trained(networks.torchvision.models.resnet18(num_classes=10), 3), trained(networks.torchvision.models.resnet18(num_classes=10), 4)
    answers("resnet18", network, torch.randn(2, 3, 64, 64))
    optimizer = torch.optim.SGD(network.parameters(), 0.1, 0.9)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    args = argparse.Namespace(data_path="/data", model="resnet18", device="cuda", lr=0.1, output_dir=pathlib.Path("."), distributed=False)
    ema = torch.optim.swa_utils.AveragedModel(average)
    case("torchvision_train", {"model": network.state_dict(), "optimizer": optimizer.state_dict(), "lr_scheduler": schedule.state_dict(), "epoch": 3, "args": args, "model_ema": ema.state_dict(), "scaler": torch.amp.GradScaler("cpu").state_dict()}, "resnet18", input=64)  # fmt: skip
    try:
        from timm.utils import CheckpointSaver
    except ImportError:
        CheckpointSaver = None
    if CheckpointSaver:
        saver = CheckpointSaver(network, optimizer, args, types.SimpleNamespace(module=average, state_dict=average.state_dict), checkpoint_dir=str(FOLDER), recovery_dir=str(FOLDER))
        saver._save(str(FOLDER / "timm_saver.pth"), 3, 0.9)
        (FOLDER / "timm_saver.json").write_text(json.dumps({"logits": "resnet18", "input": 64}))
    case("timm_train", {"epoch": 3, "arch": "resnet18", "state_dict": network.state_dict(), "optimizer": optimizer.state_dict(), "version": 2, "args": args, "amp_scaler": {"scale": 65536.0}, "state_dict_ema": average.state_dict(), "metric": numpy.float64(93.5)}, "resnet18", input=64)  # fmt: skip
    case("unknown_arch", {"arch": "resnetblur18", "state_dict": {"fc.weight": torch.ones(10, 512)}}, refused="'resnetblur18', which is not in the list")
    pooled = networks.small_stem(trained(networks.torchvision.models.resnet18(num_classes=10), 5))
    pooled.maxpool = nn.MaxPool2d(3, 2, 1)
    pooled = trained(pooled, 5)
    images = torch.randn(2, 3, 32, 32)
    answers("pooled", pooled, images)
    case("stem_pool", pooled.state_dict(), "pooled", input=32, stem_pool=True)
    dilated = trained(networks.torchvision.models.ResNet(networks.resnet.Bottleneck, [1, 1, 1, 2], num_classes=10, replace_stride_with_dilation=[False, True, True]), 6)
    answers("dilated", dilated, torch.randn(2, 3, 64, 64))
    case("output_stride", dilated.state_dict(), "dilated", input=64, output_stride=8)


def answers(name, network, images):
    with torch.no_grad():
        REFERENCE[name] = network(images)
        REFERENCE[name + " images"] = images


def main():
    torch.manual_seed(0)
    images = torch.randn(4, 3, 32, 32)
    first, second = resnet8(1), resnet8(2)
    answers("first", first, images)
    answers("second", second, images)
    state = first.state_dict()
    company(state)
    modules(first, state)
    places(state, second.state_dict())
    prefixes(state, second.state_dict())
    numbered(first)
    in_blocks(state)
    quantized(first, state)
    scripts()
    tensors.save(FOLDER / "reference.safetensors", REFERENCE, {})


main()
