"""PyTorch's side of the bench: a process that runs training steps.

Usage: torch_steps.py MODEL DEVICE THREADS TENSORS.safetensors DETAILS_JSON, where DEVICE is cpu or cuda
Says {"ready": ...}, then runs {"steps": n} and tells {"memory": true}, one of them a line of standard input.
"""

import json
import os
import resource
import sys
import time

import numpy as np
import torch

from torch_models import MODELS


def read_tensors(path, device):
    types = {"F32": np.float32, "I32": np.int32, "U8": np.uint8}
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            values = np.frombuffer(data[begin:end], types[entry["dtype"]])
            tensors[name] = torch.from_numpy(values.reshape(entry["shape"]).copy()).to(device)
    return tensors


def blas():
    """Which library multiplies matrices."""
    if torch.backends.mkl.is_available():
        return "MKL"
    try:
        with open("/proc/self/maps") as maps:
            libraries = {os.path.basename(os.path.realpath(line.split()[-1])) for line in maps if "/" in line}
    except OSError:
        return "unknown"
    for known in ("openblas", "blis", "atlas"):
        found = [name for name in libraries if known in name]
        if found:
            return found[0]
    return "reference BLAS" if any(name.startswith("libblas.so") for name in libraries) else "unknown"


def say(message):
    print(json.dumps(message), flush=True)


def main():
    model, device, threads, path, details = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.set_flush_denormal(True)
    # The sizes of an MLP are those of its tensors.
    step = MODELS["mlp" if model.startswith("mlp") else model](read_tensors(path, device), json.loads(details))
    where = blas() if device == "cpu" else torch.cuda.get_device_name()
    say({"ready": {"version": torch.__version__, "device": where}})
    for line in sys.stdin:
        request = json.loads(line)
        if "steps" in request:
            times, losses = [], []
            cpu = time.process_time()
            for _ in range(request["steps"]):
                start = time.perf_counter()
                losses.append(step())
                times.append((time.perf_counter() - start) * 1000)
            cpu = (time.process_time() - cpu) * 1000
            say({"times": times, "cpuMs": cpu, "losses": losses})
        else:
            say({"peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})


main()
