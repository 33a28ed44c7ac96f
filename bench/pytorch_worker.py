#!/usr/bin/env python3
"""pytorch_worker.py NETWORK BATCH MODE THREADS: PyTorch as a worker that is timed in turns with others.

MODE: inference or training, then, each with a dash before it: channels-last, frozen (inference: torch.jit), compile.
Prints `ready SECONDS`; then, for every line K of standard input, runs K batches and prints the seconds they took.
"""
import os
import sys
import time

network, batch, mode, threads = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
os.environ["OMP_NUM_THREADS"] = str(threads)
started = time.perf_counter()

import torch  # noqa: E402  the number of threads must be set first

from pytorch_networks import build  # noqa: E402

torch.set_num_threads(threads)
torch.manual_seed(0)
module, shape = build(network)
images, labels = torch.randn(batch, *shape), torch.randint(0, 10, (batch,))
layout = torch.channels_last if "channels-last" in mode else torch.contiguous_format
module, images = module.to(memory_format=layout), images.to(memory_format=layout)

if mode.startswith("training"):
    module.train()
    optimizer = torch.optim.SGD(module.parameters(), lr=1e-3, momentum=0.9, weight_decay=1e-4, foreach=True)
    forward = torch.compile(module) if "compile" in mode else module

    def run():
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(forward(images), labels).backward()
        optimizer.step()

else:
    module.eval()
    if "frozen" in mode:
        with torch.no_grad():
            module = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(module, images)))
    if "compile" in mode:
        import torch._inductor.config

        torch._inductor.config.freezing = True
        module = torch.compile(module)

    def run():
        with torch.no_grad():
            module(images)


for _ in range(3):
    run()
print(f"ready {time.perf_counter() - started:.3f}", flush=True)
for line in sys.stdin:
    begin = time.perf_counter()
    for _ in range(int(line)):
        run()
    print(f"{time.perf_counter() - begin:.6f}", flush=True)
