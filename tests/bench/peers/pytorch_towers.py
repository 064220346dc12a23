"""CLIP's towers in PyTorch with k-medoids in the original's way, and a training step over them. In float32, on
random weights; only the sizes matter.
"""
import torch
from torch.nn import functional

HEAD_WIDTH, EMBED, RESOLUTION, VOCABULARY, CONTEXT = 64, 512, 224, 49408, 77
VISION_WIDTH, TEXT_WIDTH, LAYERS = 768, 512, 12


def normal(*shape):
    return torch.randn(*shape) * 0.02


def norm(width):
    return [torch.ones(width), torch.zeros(width)]


def blocks(width):
    """The parameters of every block, as `block` takes them."""
    def linear(inputs, outputs):
        return [normal(outputs, inputs), torch.zeros(outputs)]

    return [[norm(width), linear(width, 3 * width), linear(width, width),
             norm(width), linear(width, 4 * width), linear(4 * width, width)]
            for _ in range(LAYERS)]


def flat(parameters):
    return [p for block in parameters for pair in block for p in pair]


def block(x, parameters, causal=False):
    norm1, qkv, out, norm2, hidden, projection = parameters
    batch, tokens, width = x.shape
    packed = functional.linear(functional.layer_norm(x, (width,), *norm1), *qkv)
    q, k, v = packed.view(batch, tokens, 3, -1, HEAD_WIDTH).permute(2, 0, 3, 1, 4)
    mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
    x = x + functional.linear(mixed.transpose(1, 2).reshape(batch, tokens, width), *out)
    h = functional.linear(functional.layer_norm(x, (width,), *norm2), *hidden)
    return x + functional.linear(h * torch.sigmoid(1.702 * h), *projection)


class Vision:
    def __init__(self, patch):
        side = RESOLUTION // patch
        self.patch = patch
        self.kernel = normal(VISION_WIDTH, 3, patch, patch)
        self.token = normal(VISION_WIDTH)
        self.positions = normal(1 + side * side, VISION_WIDTH)
        self.before, self.after = norm(VISION_WIDTH), norm(VISION_WIDTH)
        self.blocks = blocks(VISION_WIDTH)
        self.projection = normal(VISION_WIDTH, EMBED)

    def parameters(self):
        return [self.kernel, self.token, self.positions, *self.before, *self.after,
                *flat(self.blocks), self.projection]

    def __call__(self, pixels, cluster=None):
        """`cluster` replaces the tokens before the seventh block."""
        patches = functional.conv2d(pixels, self.kernel, stride=self.patch)
        patches = patches.flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(patches), 1, -1), patches], 1) + self.positions
        x = functional.layer_norm(x, (VISION_WIDTH,), *self.before)
        for i, parameters in enumerate(self.blocks):
            if cluster and i == LAYERS // 2:
                x = cluster(x)
            x = block(x, parameters)
        return functional.layer_norm(x[:, 0], (VISION_WIDTH,), *self.after) @ self.projection


class Text:
    def __init__(self):
        self.embedding = normal(VOCABULARY, TEXT_WIDTH)
        self.positions = normal(CONTEXT, TEXT_WIDTH)
        self.after = norm(TEXT_WIDTH)
        self.blocks = blocks(TEXT_WIDTH)
        self.projection = normal(TEXT_WIDTH, EMBED)

    def parameters(self):
        return [self.embedding, self.positions, *self.after, *flat(self.blocks), self.projection]

    def __call__(self, ids):
        x = functional.embedding(ids, self.embedding) + self.positions[:ids.shape[1]]
        for parameters in self.blocks:
            x = block(x, parameters, causal=True)
        used = x[torch.arange(len(ids)), ids.argmax(1)]
        return functional.layer_norm(used, (TEXT_WIDTH,), *self.after) @ self.projection


@torch.no_grad()
def k_medoids(x, k, limit=100, threshold=1e-6):
    """The medoids of segments [B, N, D], ascending: a whole batch at once, until its mean shift is small."""
    batch, n, _ = x.shape
    each = torch.arange(batch)
    distance = torch.cdist(x, x)
    # Below zero, and a token is nearest to itself, so that the update never leaves its cluster.
    distance = distance - distance.max() - 1 - torch.eye(n)
    medoids = [x.norm(dim=-1).argmax(1)]
    nearest = distance[each, medoids[0]]
    for _ in range(1, k):
        medoids.append(nearest.argmax(1))
        nearest = torch.minimum(nearest, distance[each, medoids[-1]])
    medoids = torch.stack(medoids, 1)
    each = each[:, None]
    for _ in range(limit):
        member = functional.one_hot(distance[each, medoids].argmin(1), k).mT.float()
        # [B, K, N, N]: for each cluster the distances between its members alone.
        within = distance[:, None] * (member[:, :, :, None] * member[:, :, None, :])
        moved = within.sum(-1).argmin(-1)
        shift = (x[each, moved] - x[each, medoids]).norm(dim=-1).sum(1).mean()
        medoids = moved
        if shift.item() < threshold:
            break
    return medoids.sort(1).values


def clustering(segments, k):
    """Of one video's frames: medoids stand for the patches of a segment, a mean for its class tokens."""
    def cluster(x):
        width = x.shape[-1]
        patches = x[:, 1:].reshape(segments, -1, width)
        kept = patches[torch.arange(segments)[:, None], k_medoids(patches, k)]
        token = x[:, 0].view(segments, -1, width).mean(1, keepdim=True)
        return torch.cat([token, kept], 1)
    return cluster


def prepare_k_medoids(segments, tokens, k):
    x = torch.randn(segments, tokens, VISION_WIDTH)
    return lambda: k_medoids(x, k)


def prepare_embedding(patch, frames, segments, k):
    vision, pixels = Vision(patch), torch.randn(frames, 3, RESOLUTION, RESOLUTION)
    return torch.no_grad()(lambda: vision(pixels, clustering(segments, k)))


def prepare_step(videos=2, frames=12, words=32):
    vision, text, scale = Vision(32), Text(), torch.zeros(())
    parameters = [*vision.parameters(), *text.parameters(), scale]
    for parameter in parameters:
        parameter.requires_grad_(True)
    optimizer = torch.optim.AdamW(parameters, lr=1e-6, weight_decay=0.2)
    pixels = torch.randn(videos * frames, 3, RESOLUTION, RESOLUTION)
    ids = torch.randint(VOCABULARY, (videos, words))
    labels = torch.arange(videos)

    def unit(vectors):
        return functional.normalize(vectors, dim=-1)

    def step():
        embedded = unit(unit(vision(pixels)).view(videos, frames, -1).mean(1))
        logits = scale.exp() * unit(text(ids)) @ embedded.T
        loss = (functional.cross_entropy(logits, labels) +
                functional.cross_entropy(logits.T, labels)) / 2
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
    return step
