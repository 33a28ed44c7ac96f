"""Makes the inputs of corpus/torch_zip, corpus/torch_old and corpus/pickle: small files as PyTorch writes them, and hostile ones.

    python make_torch_corpus.py        (PyTorch 2.13)
"""

import argparse
import collections
import datetime
import io
import os
import pathlib
import pickle
import struct
import zipfile

import torch

HERE = pathlib.Path(__file__).parent / "corpus"


def saved(value, old=False):
    out = io.BytesIO()
    torch.save(value, out, _use_new_zipfile_serialization=not old)
    return out.getvalue()


def state_dict():
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    return net.state_dict()


def types():
    base = torch.arange(6, dtype=torch.float32)
    return {
        "f64": torch.ones(2, dtype=torch.float64),
        "f16": torch.ones(2, dtype=torch.float16),
        "bf16": torch.ones(2, dtype=torch.bfloat16),
        "i64": torch.tensor(7),
        "i32": torch.ones(1, dtype=torch.int32),
        "u8": torch.ones(1, dtype=torch.uint8),
        "bool": torch.ones(1, dtype=torch.bool),
        "empty": torch.ones(0, 3),
        "transposed": base.reshape(2, 3).t(),
        "tail": base[4:],
        "parameter": torch.nn.Parameter(base[:2]),
        "every_second": base[::2],
    }


def wrapped():
    inner = collections.OrderedDict(("module." + name, value) for name, value in state_dict().items())
    return {"epoch": 3, "arch": "net", "best_acc1": 0.5, "state_dict": inner, "optimizer": {"state": {}, "param_groups": [{"lr": 0.1}]}}


def company():
    """What training scripts save beside the weights."""
    return {
        "args": argparse.Namespace(lr=0.1, device=torch.device("cpu"), dtype=torch.float16),
        "counter": collections.Counter("aab"),
        "best": datetime.datetime(2024, 5, 1),
        "names": {"a", "b"},
        "frozen": frozenset({1}),
        "raw": b"\x00\xff",
        "array": bytearray(b"abc"),
        "queue": collections.deque([1, 2], maxlen=3),
        "losses": collections.defaultdict(list, {"train": [1.0]}),
        "large": 1 << 200,
        "size": torch.Size([1, 2]),
        "state_dict_ema": state_dict(),
    }


def module():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.Sequential(torch.nn.BatchNorm2d(2))).eval()


class Evil:
    def __reduce__(self):
        return os.system, ("true",)


def stored_zip(entries, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(zipfile.ZipInfo("archive/" + name), data, method)
    return out.getvalue()


def tensor_pickle(size, stride, offset=0, elements=4, key="0", more=b"", under=()):
    """A pickle of one tensor that PyTorch itself would not write; under these names the same state_dict each."""

    def number(value):
        return b"\x8a\x08" + struct.pack("<q", value)

    def text(value):
        return b"X" + struct.pack("<I", len(value)) + value

    def numbers(values):
        return b"(" + b"".join(map(number, values)) + b"t"

    storage = b"(" + text(b"storage") + b"ctorch\nFloatStorage\n" + text(key.encode()) + text(b"cpu") + number(elements) + b"tQ"
    call = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(offset) + numbers(size) + numbers(stride) + b"\x89}" + more + b"tR"
    state_dict = b"}" + text(b"w") + call + b"s"
    if under:
        return b"\x80\x02}" + b"".join(text(name) + state_dict + b"s" for name in under) + b"."
    return b"\x80\x02" + state_dict + b"."


def bomb():
    """Lists of lists of lists: ten to the ninth members, were they walked."""
    out = b"\x80\x02}U\x01a]q\x00s"
    for level in range(9):
        out += b"U\x01" + bytes([98 + level]) + b"](" + (b"h" + bytes([level])) * 10 + b"eq" + bytes([level + 1]) + b"s"
    return out + b"."


def module_pickle(modules, memo=b""):
    """A module without tensors that holds the modules of a list of name and pickle."""
    held = b"".join(b"U" + bytes([len(name)]) + name + inner for name, inner in modules)
    return b"cnets\nNet\n)\x81" + memo + b"}(U\x0b_parameters}U\x08_buffers}U\x08_modules}(" + held + b"uub"


def doubling_modules():
    """Each holds the one before twice: two to the fortieth layers, were all walked."""
    out = b"\x80\x02(" + module_pickle([], b"q\x00")
    for level in range(40):
        before = b"h" + bytes([level])
        out += module_pickle([(b"a", before), (b"b", before)], b"q" + bytes([level + 1]))
    return out + b"l."


def long_names():
    """A dict of one tensor many times, by one key of 60,000 letters."""
    key = b"X" + struct.pack("<I", 60000) + b"k" * 60000
    return tensor_pickle([2, 2], [1, 2])[:-2] + b"q\x01s(" + key + b"q\x00h\x01" + b"h\x00h\x01" * 3000 + b"u."


PICKLES = {
    "evil_0": pickle.dumps(Evil(), 0),
    "evil_2": pickle.dumps(Evil(), 2),
    "evil_4": pickle.dumps({"state_dict": Evil()}, 4),
    "bomb": bomb(),
    "itself": b"\x80\x02}q\x00U\x05modelh\x00s.",
    "marks": b"\x80\x02" + b"(" * 2000,
    "overflow": tensor_pickle([2**31, 2**31, 2**31], [1, 1, 1]),
    "negative_stride": tensor_pickle([2], [-1], 3),
    "negative_size": tensor_pickle([-2], [1]),
    "beyond": tensor_pickle([2], [1], 3),
    "far_stride": tensor_pickle([2], [2**62]),
    "repeated": tensor_pickle([2**40], [0]),
    "huge_storage": tensor_pickle([1], [1], 0, 2**60),
    "fine": tensor_pickle([2, 2], [1, 2]),
    "averaged_too": tensor_pickle([2, 2], [1, 2], under=(b"optimizer", b"model", b"model_ema")),
    "opcodes_all": b"\x80\x05}(U\x01aC\x02xyU\x01bB\x01\x00\x00\x00zU\x01c\x8e\x01\x00\x00\x00\x00\x00\x00\x00zU\x01d\x96\x01\x00\x00\x00\x00\x00\x00\x00z"
                   b"U\x01e\x8b\x09\x00\x00\x00123456789U\x01f\x8d\x01\x00\x00\x00\x00\x00\x00\x00zU\x01g\x8f(K\x01K\x02\x90U\x01h(K\x01\x91U\x01iK\x0120"
                   b"U\x01jcnets\nNet\n)}\x92U\x01k(K\x011Nu.",  # fmt: skip
    "doubling_modules": doubling_modules(),
    "module_in_itself": b"\x80\x02" + module_pickle([(b"a", b"h\x00")], b"q\x00") + b".",
    "long_names": long_names(),
    "set_in_state_dict": tensor_pickle([2, 2], [1, 2])[:-1] + b"U\x01s\x8f(K\x01\x90s.",
    "object_in_state_dict": tensor_pickle([2, 2], [1, 2])[:-1] + b"U\x01scargparse\nNamespace\n)\x81}U\x01aK\x01sbs.",
    "negated": tensor_pickle([2, 2], [1, 2], more=b"}X\x03\x00\x00\x00neg\x88s"),
}


def main():
    zips = {"state_dict": saved(state_dict()), "types": saved(types()), "wrapped": saved(wrapped()), "company": saved(company()), "module": saved(module())}
    data = {"data.pkl": tensor_pickle([4], [1]), "byteorder": "little", "data/0": bytes(16), "version": "3\n"}
    zips["deflated"] = stored_zip(data, zipfile.ZIP_DEFLATED)
    zips["compressed_bomb"] = stored_zip({**data, "data/0": bytes(1 << 20)}, zipfile.ZIP_DEFLATED)
    zips["big_endian"] = stored_zip({**data, "byteorder": "big"})
    zips["short_storage"] = stored_zip({**data, "data/0": bytes(8)})
    zips["no_storage"] = stored_zip({name: value for name, value in data.items() if name != "data/0"})
    zips["torchscript"] = stored_zip({**data, "constants.pkl": b"\x80\x02)."})
    zips["evil"] = stored_zip({**data, "data.pkl": PICKLES["evil_2"]})
    zips["minimal"] = stored_zip(data)
    olds = {"state_dict": saved(state_dict(), True), "types": saved(types(), True), "wrapped": saved(wrapped(), True), "company": saved(company(), True), "module": saved(module(), True)}
    head = olds["types"][: olds["types"].index(b"little_endian")]
    head = olds["types"][: olds["types"].index(b".", len(head)) + 1]
    olds["evil"] = head + PICKLES["evil_2"]
    olds["no_storages"] = head + PICKLES["fine"] + b"\x80\x02]."
    olds["overflow"] = head + PICKLES["overflow"] + b"\x80\x02]U\x010a." + struct.pack("<q", 4) + bytes(16)
    olds["minimal"] = head + PICKLES["fine"] + b"\x80\x02]U\x010a." + struct.pack("<q", 4) + bytes(16)
    pickles = dict(PICKLES)
    for name in ("wrapped", "company", "module"):
        with zipfile.ZipFile(io.BytesIO(zips[name])) as archive:
            pickles[name] = archive.read("archive/data.pkl")
    for protocol in (0, 3, 4, 5):
        pickles[f"company_{protocol}"] = pickle.dumps({**company(), "state_dict_ema": None}, protocol)
    for folder, files in (("torch_zip", zips), ("torch_old", olds), ("pickle", pickles)):
        (HERE / folder).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (HERE / folder / name).write_bytes(content)


main()
