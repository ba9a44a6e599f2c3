"""How the GPUs of one host share a model: each holds a slice of every linear layer, partial sums are added after two of
them. NVLink multicast stays off."""

import os

import torch
import torch.distributed as dist
import torch.distributed._symmetric_memory as symmetric


class Alone:
    """One GPU."""

    ranks, rank = 1, 0

    def partial(self, rows, width):
        return torch.empty(rows, width, dtype=torch.bfloat16, device="cuda")

    def total(self, x):
        return x

    def agreed(self, number):
        return number

    def best_token(self, logits):
        return logits.argmax(-1)


class Tensor:
    """Tensor parallelism by NCCL; sums of up to `one_shot_bytes` by a kernel in which each GPU reads all the others'
    partial sums over NVLink, as serving engines do for small batches."""

    def __init__(self, one_shot_bytes):
        self.rank, self.ranks = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
        torch.cuda.set_device(self.rank)
        dist.init_process_group("nccl", device_id=torch.device("cuda", self.rank))
        self.one_shot_bytes = one_shot_bytes
        if one_shot_bytes:
            self.shared = symmetric.empty(one_shot_bytes // 2, dtype=torch.bfloat16, device=torch.device("cuda", self.rank))
            symmetric.rendezvous(self.shared, dist.group.WORLD)

    def _small(self, rows, width):
        return rows * width * 2 <= self.one_shot_bytes

    def partial(self, rows, width):
        """Where to write a partial sum that `total` adds up."""
        if self._small(rows, width):
            return self.shared[: rows * width].view(rows, width)
        return torch.empty(rows, width, dtype=torch.bfloat16, device="cuda")

    def total(self, x):
        if self._small(*x.shape):
            return torch.ops.symm_mem.one_shot_all_reduce(x, "sum", dist.group.WORLD.group_name)
        dist.all_reduce(x)
        return x

    def agreed(self, number):
        """The first GPU's number on all: replays must be equally many."""
        box = torch.tensor([float(number)], device="cuda")
        dist.broadcast(box, 0)
        return box.item()

    def best_token(self, logits):
        """Over the whole vocabulary, of which each GPU has a slice."""
        everyone = torch.empty(self.ranks, *logits.shape, dtype=logits.dtype, device="cuda")
        dist.all_gather_into_tensor(everyone, logits)
        value, index = everyone.max(-1)
        owner = value.argmax(0, keepdim=True)
        return (index.gather(0, owner) + owner * logits.shape[-1])[0]
