"""Training steps as plain eager PyTorch, as its users write them; `models/` has ours, which compute the same.

Each function takes tensors by name and details, and answers a function that runs one step and answers its losses.
"""

import math
import re

import torch
import torch.nn.functional as F
from torch import nn


def linear(tensors, prefix):
    weights = tensors[prefix + "/weights"]
    layer = nn.Linear(weights.shape[0], weights.shape[1], device=weights.device)
    with torch.no_grad():
        layer.weight.copy_(weights.t())
        layer.bias.copy_(tensors[prefix + "/bias"])
    return layer


def feed_forward(tensors, prefix, activation=nn.ReLU):
    count = sum(1 for name in tensors if re.fullmatch(re.escape(prefix) + r"/\d+/weights", name))
    layers = [linear(tensors, f"{prefix}/{index}") for index in range(count)]
    between = [part for layer in layers for part in (activation(), layer)]
    return nn.Sequential(*between[1:])


def leaky():
    return nn.LeakyReLU(0.2)


class Adam(torch.optim.Adam):
    """Adds epsilon before the bias correction, as section 2 of the paper ends; PyTorch does so after it."""

    EPSILON = 1e-8

    def __init__(self, parameters, lr, betas=(0.9, 0.999)):
        super().__init__(parameters, lr=lr, betas=betas)
        self.number = 0

    def step(self, closure=None):
        self.number += 1
        for group in self.param_groups:
            group["eps"] = self.EPSILON / math.sqrt(1 - group["betas"][1] ** self.number)
        return super().step(closure)


def mlp(tensors, _):
    network = feed_forward(tensors, "parameters")
    optimizer = Adam(network.parameters(), 1e-3)
    x, y = tensors["x"], tensors["y"]

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.mse_loss(network(x), y)
        loss.backward()
        optimizer.step()
        return {"loss": loss.item()}

    return step


def gan(tensors, _):
    generator = feed_forward(tensors, "generator/parameters", leaky)
    discriminator = feed_forward(tensors, "discriminator/parameters", leaky)
    generator_optimizer = Adam(generator.parameters(), 2e-4, (0.5, 0.999))
    discriminator_optimizer = Adam(discriminator.parameters(), 2e-4, (0.5, 0.999))
    real, noise, next_noise = tensors["real"], tensors["noise"], tensors["nextNoise"]
    ones, zeros = real.new_ones(real.shape[0], 1), real.new_zeros(real.shape[0], 1)

    def step():
        discriminator.requires_grad_(True)
        discriminator_optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            fake = generator(noise)
        loss = F.binary_cross_entropy_with_logits(discriminator(real), ones)
        loss = loss + F.binary_cross_entropy_with_logits(discriminator(fake), zeros)
        loss.backward()
        discriminator_optimizer.step()

        discriminator.requires_grad_(False)
        generator_optimizer.zero_grad(set_to_none=True)
        forged = F.binary_cross_entropy_with_logits(discriminator(generator(next_noise)), ones)
        forged.backward()
        generator_optimizer.step()
        return {"discriminator": loss.item(), "generator": forged.item()}

    return step


def wasserstein_gan(tensors, _):
    generator = feed_forward(tensors, "generator/parameters")
    critic = feed_forward(tensors, "critic/parameters", leaky)
    generator_optimizer = Adam(generator.parameters(), 2e-4, (0.5, 0.9))
    critic_optimizer = Adam(critic.parameters(), 2e-4, (0.5, 0.9))
    real, noise, next_noise = tensors["real"], tensors["noise"], tensors["nextNoise"]
    share = tensors["uniform"].reshape(-1, 1)

    def step():
        critic.requires_grad_(True)
        critic_optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            fake = generator(noise)
        between = (real + share * (fake - real)).requires_grad_(True)
        (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        penalty = ((gradient.norm(2, dim=1) - 1) ** 2).mean()
        loss = critic(fake).mean() - critic(real).mean() + 10 * penalty
        loss.backward()
        critic_optimizer.step()

        critic.requires_grad_(False)
        generator_optimizer.zero_grad(set_to_none=True)
        forged = -critic(generator(next_noise)).mean()
        forged.backward()
        generator_optimizer.step()
        return {"critic": loss.item(), "generator": forged.item()}

    return step


def vae(tensors, _):
    encoder = feed_forward(tensors, "parameters/encoder")
    mean = linear(tensors, "parameters/mean")
    log_variance = linear(tensors, "parameters/logVariance")
    decoder = feed_forward(tensors, "parameters/decoder")
    optimizer = Adam(nn.ModuleList([encoder, mean, log_variance, decoder]).parameters(), 1e-3)
    x, noise = tensors["x"], tensors["noise"]

    def step():
        optimizer.zero_grad(set_to_none=True)
        encoded = F.relu(encoder(x))
        mu, log_var = mean(encoded), log_variance(encoded)
        output = decoder(mu + torch.exp(0.5 * log_var) * noise)
        error = F.mse_loss(output, x, reduction="sum")
        divergence = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())
        loss = (error + divergence) / x.shape[0]
        loss.backward()
        optimizer.step()
        return {"loss": loss.item()}

    return step


def transformer(tensors, details):
    attention = "parameters/attention/"
    query, key, value = (linear(tensors, attention + name) for name in ("query", "key", "value"))
    x, labels = tensors["x"], tensors["items"].long()
    block = nn.TransformerEncoderLayer(
        x.shape[2],
        details["heads"],
        tensors["parameters/widen/weights"].shape[1],
        dropout=0.0,
        activation="gelu",
        batch_first=True,
        norm_first=True,
        device=x.device,
    )
    items = linear(tensors, "parameters/items")
    with torch.no_grad():
        block.self_attn.in_proj_weight.copy_(torch.cat([query.weight, key.weight, value.weight]))
        block.self_attn.in_proj_bias.copy_(torch.cat([query.bias, key.bias, value.bias]))
    block.self_attn.out_proj.load_state_dict(linear(tensors, attention + "output").state_dict())
    block.linear1 = linear(tensors, "parameters/widen")
    block.linear2 = linear(tensors, "parameters/narrow")
    optimizer = Adam([*block.parameters(), *items.parameters()], 1e-3)
    mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1], device=x.device)
    # A hint of newer versions, which lets them take a faster way.
    hint = {} if torch.__version__.startswith("1.") else {"is_causal": True}

    def step():
        optimizer.zero_grad(set_to_none=True)
        logits = items(block(x, src_mask=mask, **hint))
        loss = F.cross_entropy(logits.flatten(0, 1), labels)
        loss.backward()
        optimizer.step()
        return {"loss": loss.item()}

    return step


class Residual(nn.Module):
    def __init__(self, first, second):
        super().__init__()
        self.first, self.second = first, second

    def forward(self, x):
        return x + self.second(F.relu(self.first(F.relu(x))))


def autoregressive(tensors, details):
    names = [name[: -len("/weights")] for name in details["names"] if name.endswith("/weights")]
    prefix = "training/parameters"
    layers = []
    for index, name in enumerate(names):
        weights, bias = tensors[f"{prefix}/{2 * index}"], tensors[f"{prefix}/{2 * index + 1}"]
        layer = linear({"layer/weights": weights, "layer/bias": bias}, "layer")
        mask = tensors[f"masks/{name.replace('/', '-')}-weights"].t().contiguous()
        layer.weight.register_hook(lambda gradient, mask=mask: gradient * mask)
        layers.append(layer)
    first, *inner, last = layers
    blocks = [Residual(inner[at], inner[at + 1]) for at in range(0, len(inner), 2)]
    network = nn.Sequential(first, *blocks, nn.ReLU(), last)
    optimizer = Adam(network.parameters(), 1e-3)
    averages = [parameter.detach().clone() for parameter in network.parameters()]
    one_hot = tensors["oneHot"]
    groups = []
    for group in details["groups"]:
        begin, width = group["offset"], group["width"]
        end = begin + group["columns"] * width
        groups.append((begin, end, width, one_hot[:, begin:end].reshape(-1, width).argmax(1)))

    def step():
        optimizer.zero_grad(set_to_none=True)
        logits = network(one_hot)
        loss = sum(
            F.cross_entropy(logits[:, begin:end].reshape(-1, width), labels, reduction="sum")
            for begin, end, width, labels in groups
        )
        loss = loss / one_hot.shape[0]
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for average, parameter in zip(averages, network.parameters()):
                average.lerp_(parameter, 1 - 0.999)
        return {"loss": loss.item()}

    return step


MODELS = {
    "mlp": mlp,
    "gan": gan,
    "wgan-gp": wasserstein_gan,
    "vae": vae,
    "transformer": transformer,
    "autoregressive": autoregressive,
}
