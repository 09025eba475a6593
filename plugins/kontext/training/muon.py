"""Muon for matrices, AdamW for the rest, as one optimizer.

Source: Keller Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024;
the quintic coefficients are theirs.
"""

import torch
import torch.distributed as dist


def orthogonalize(g, steps=5):
    """Moves the singular values of each matrix in `[batch, rows, columns]` close to 1."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = g.shape[1] > g.shape[2]
    x = g.transpose(1, 2) if tall else g
    x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    for _ in range(steps):
        gram = x @ x.transpose(1, 2)
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.transpose(1, 2) if tall else x


def shared_directions(stacks):
    """`orthogonalize` of each stack of matrices, the work divided among the processes of a run."""
    if not dist.is_initialized():
        return {shape: orthogonalize(stack) for shape, stack in stacks.items()}
    out = {shape: torch.zeros_like(stack) for shape, stack in stacks.items()}
    mine = slice(dist.get_rank(), None, dist.get_world_size())
    for shape, stack in stacks.items():
        if len(stack[mine]):
            out[shape][mine] = orthogonalize(stack[mine])
    flat = torch.cat([o.flatten() for o in out.values()])
    dist.all_reduce(flat)
    parts = flat.split([o.numel() for o in out.values()])
    return {shape: part.view_as(out[shape]) for shape, part in zip(out, parts)}


class MuonAdamW(torch.optim.Optimizer):
    """`matrices` follow Muon (kernels are flattened to matrices), `others` follow AdamW.

    Both groups carry `base_lr`; `set_rate` scales them together.
    """

    def __init__(self, matrices, others, matrix_lr, other_lr, momentum=0.95, betas=(0.9, 0.98), decay=0.01):
        groups = [
            {"params": list(matrices), "muon": True, "lr": matrix_lr, "base_lr": matrix_lr},
            {"params": list(others), "muon": False, "lr": other_lr, "base_lr": other_lr},
        ]
        super().__init__(groups, {"momentum": momentum, "betas": betas, "decay": decay})

    def set_rate(self, factor):
        """Sets every learning rate to `factor` times its base."""
        for group in self.param_groups:
            group["lr"] = group["base_lr"] * factor

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            (self._muon if group["muon"] else self._adamw)(group)

    def _muon(self, group):
        by_shape = {}
        for p in group["params"]:
            if p.grad is None:
                continue
            state = self.state[p]
            if not state:
                state["velocity"] = torch.zeros_like(p)
            state["velocity"].lerp_(p.grad, 1 - group["momentum"])
            update = p.grad.lerp(state["velocity"], group["momentum"]).flatten(1)
            by_shape.setdefault(tuple(update.shape), []).append((p, update))
        directions = shared_directions({shape: torch.stack([u for _, u in pairs]) for shape, pairs in by_shape.items()})
        for (rows, columns), pairs in by_shape.items():
            size = group["lr"] * max(1.0, rows / columns) ** 0.5
            for (p, _), direction in zip(pairs, directions[rows, columns]):
                p.mul_(1 - group["lr"] * group["decay"])
                p.add_(direction.reshape(p.shape), alpha=-size)

    def _adamw(self, group):
        first, second = group["betas"]
        for p in group["params"]:
            if p.grad is None:
                continue
            state = self.state[p]
            if not state:
                state.update(step=0, mean=torch.zeros_like(p), square=torch.zeros_like(p))
            state["step"] += 1
            state["mean"].lerp_(p.grad, 1 - first)
            state["square"].lerp_(p.grad.square(), 1 - second)
            mean = state["mean"] / (1 - first ** state["step"])
            root = (state["square"] / (1 - second ** state["step"])).sqrt_().add_(1e-8)
            p.mul_(1 - group["lr"] * group["decay"] * (p.dim() > 1))
            p.addcdiv_(mean, root, value=-group["lr"])
