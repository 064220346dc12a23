"""PyTorch on the CPU, on every core: a yardstick where it is at hand. It keeps to the conversation that
child.ts describes:

    python3 pytorch.py ROW [svd]
"""
import json
import os
import re
import sys
import time

# Nothing is left beside this file by what it imports.
sys.dont_write_bytecode = True

FRAMES, TOKENS, HEADS, HEAD_WIDTH, WIDTH, HIDDEN = 12, 50, 12, 64, 768, 3072
WARM_UP = 3


def say(**message):
    print(json.dumps(message), flush=True)


def prepare_matmul(torch, m, k, n, form):
    a = torch.randn(k, m).T if form == "atb" else torch.randn(m, k)
    b = torch.randn(n, k).T if form == "abt" else torch.randn(k, n)
    return lambda: a @ b


def prepare_block(torch, backward):
    functional = torch.nn.functional

    def linear(inputs, outputs):
        return torch.randn(outputs, inputs) * 0.02, torch.zeros(outputs)

    norms = [(torch.ones(WIDTH), torch.zeros(WIDTH)) for _ in range(2)]
    sizes = [(WIDTH, 3 * WIDTH), (WIDTH, WIDTH), (WIDTH, HIDDEN), (HIDDEN, WIDTH)]
    layers = [linear(*size) for size in sizes]
    x = torch.randn(FRAMES * TOKENS, WIDTH)
    leaves = [x, *[p for pair in norms + layers for p in pair]]

    def block():
        qkv = functional.linear(functional.layer_norm(x, (WIDTH,), *norms[0]), *layers[0])
        q, k, v = qkv.view(FRAMES, TOKENS, 3, HEADS, HEAD_WIDTH).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v)
        mixed = mixed.transpose(1, 2).reshape(FRAMES * TOKENS, WIDTH)
        y = x + functional.linear(mixed, *layers[1])
        hidden = functional.linear(functional.layer_norm(y, (WIDTH,), *norms[1]), *layers[2])
        return y + functional.linear(hidden * torch.sigmoid(1.702 * hidden), *layers[3])

    if not backward:
        return torch.no_grad()(block)
    for leaf in leaves:
        leaf.requires_grad_(True)
    return lambda: torch.autograd.grad(block().square().mean(), leaves)


def prepare_convolution(torch, side, channels, backward):
    functional = torch.nn.functional
    x = torch.randn(FRAMES, channels, side, side)
    weight = torch.randn(channels, channels, 3, 3) * 0.02
    if not backward:
        return lambda: functional.conv2d(x, weight, padding=1)
    leaves = [x.requires_grad_(True), weight.requires_grad_(True)]
    return lambda: torch.autograd.grad(
        functional.conv2d(x, weight, padding=1).square().mean(), leaves)


def prepare_eigenvectors(torch, matrices, n, routine):
    """All vectors: LAPACK's routines behind PyTorch do not stop at some."""
    x = torch.randn(matrices, n, 16)
    weights = torch.exp(-torch.cdist(x, x).square() / 32)
    degrees = weights.sum(-1)
    laplacian = torch.eye(n) - weights / (degrees[:, :, None] * degrees[:, None, :]).sqrt()
    solve = torch.svd if routine == "svd" else torch.linalg.eigh
    return lambda: solve(laplacian)


def prepare(torch, row, routine):
    product = re.fullmatch(r"matmul_(\d+)(?:_(\d+)_(\d+)_(ab|abt|atb))?", row)
    if product:
        m, k, n, form = product.groups()
        return prepare_matmul(torch, int(m), int(k or m), int(n or m), form or "ab")
    if row.startswith("block_"):
        return prepare_block(torch, row == "block_backward")
    convolution = re.fullmatch(r"conv_(\d+)_(\d+)_(forward|backward)", row)
    if convolution:
        side, channels, direction = convolution.groups()
        return prepare_convolution(torch, int(side), int(channels), direction == "backward")
    eigenvectors = re.fullmatch(r"eigen_(\d+)_(\d+)_\d+", row)
    if eigenvectors:
        return prepare_eigenvectors(torch, *map(int, eigenvectors.groups()), routine)
    return prepare_tower(row)


def prepare_tower(row):
    import pytorch_towers as towers
    if row == "step_b32":
        return towers.prepare_step()
    clustering = re.fullmatch(r"kmedoids_(\d+)_(\d+)_(\d+)", row)
    if clustering:
        return towers.prepare_k_medoids(*map(int, clustering.groups()))
    embedding = re.fullmatch(r"embed_b(\d+)_(\d+)_(\d+)_(\d+)", row)
    if embedding:
        return towers.prepare_embedding(*map(int, embedding.groups()))
    raise ValueError(f"no {row}")


def main():
    try:
        import torch
        torch.set_num_threads(os.cpu_count())
        run = prepare(torch, *(sys.argv[1:] + [None])[:2])
        for _ in range(WARM_UP):
            run()
    except Exception as error:
        return say(absent=str(error).splitlines()[0])
    say(ready=f"PyTorch {torch.__version__}")
    for _ in sys.stdin:
        start = time.perf_counter()
        run()
        say(ms=(time.perf_counter() - start) * 1e3)


main()
