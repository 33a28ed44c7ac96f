"""Writes safetensors files for the scripts in this folder."""

import json
import struct

import numpy
import torch

KINDS = {"float32": "F32", "float64": "F64", "int64": "I64"}


def save(path, tensors, metadata):
    arrays = {name: numpy.ascontiguousarray(torch.as_tensor(value).detach().numpy()) for name, value in tensors.items()}
    header, offset = {"__metadata__": metadata}, 0
    order = sorted(arrays, key=lambda name: (-arrays[name].itemsize, name))
    for name in order:
        array = arrays[name]
        header[name] = {"dtype": KINDS[array.dtype.name], "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in order:
            file.write(arrays[name].tobytes())
