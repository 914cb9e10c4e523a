#!/usr/bin/env python3
"""Time of scDGD's training in PyTorch, for comparison with distfit-bench's epoch.

An equivalent of the published training loop (Schuster and Krogh 2023), written anew from its description:
decoder with three ReLU layers, negative binomial with a dispersion per gene, Gaussian mixture over the
representations, Adam with betas (0.5, 0.7) and weight decay on decoder and mixture in each minibatch, on
the representations once an epoch. Counts are dense, as there.

    scdgd_epoch.py --cells 1024 --genes 20000 --batch 256 --output softplus --threads 1
"""
import argparse
import json
import math
import time

import torch
from torch import nn


class Decoder(nn.Module):
    """20 -> 100 -> 100 -> 100 -> genes, and a dispersion per gene."""

    def __init__(self, latent, hidden, genes, output):
        super().__init__()
        layers, width = [], latent
        for next_width in hidden:
            layers += [nn.Linear(width, next_width), nn.ReLU(True)]
            width = next_width
        self.main = nn.Sequential(*layers)
        self.out = nn.Linear(width, genes)
        self.log_r = nn.Parameter(torch.zeros(1, genes))
        self.output = output

    def forward(self, z):
        a = self.out(self.main(z))
        if self.output == "softplus":
            return nn.functional.softplus(a)
        return torch.sigmoid(a) if self.output == "sigmoid" else torch.softmax(a, dim=-1)


def negative_binomial_loss(x, scale, y, log_r):
    """-log NB(x; mean scale*y, dispersion 1 + exp(log_r)), as dense tensors."""
    eps = 1e-10
    r = torch.exp(log_r) + 1
    m = scale * y
    likelihood = torch.lgamma(x + r) - torch.lgamma(r) - torch.lgamma(x + 1)
    likelihood = likelihood + x * torch.log(m * (r + m + eps) ** -1 + eps)
    likelihood = likelihood + r * torch.log(r * (r + m + eps) ** -1)
    return -likelihood


class Mixture(nn.Module):
    """Gaussian mixture with a softball prior of the means."""

    def __init__(self, components, latent, sigma):
        super().__init__()
        self.mean = nn.Parameter(torch.randn(components, latent) * 0.3)
        self.neg_log_var = nn.Parameter(torch.full((components, latent), -2 * math.log(sigma)))
        self.weight = nn.Parameter(torch.ones(components))
        self.centre = -2 * math.log(sigma)

    def forward(self, z):
        d = -(z.unsqueeze(-2) - self.mean).square() * torch.exp(self.neg_log_var) / 2
        y = d.sum(-1) + 0.5 * self.neg_log_var.sum(-1) + torch.log_softmax(self.weight, dim=0)
        y = torch.logsumexp(y, dim=-1)
        prior = -torch.log1p(torch.exp(self.mean.norm(dim=-1) - 1)).sum()
        prior = prior - 0.5 * (self.neg_log_var - self.centre).square().sum()
        return y + prior


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", type=int, default=1024)
    parser.add_argument("--genes", type=int, default=20000)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--latent", type=int, default=20)
    parser.add_argument("--components", type=int, default=9)
    parser.add_argument("--density", type=float, default=0.07)
    parser.add_argument("--output", choices=["softplus", "sigmoid", "softmax"], default="softplus")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    x = (torch.rand(options.cells, options.genes) < options.density).float()
    x *= (1 / torch.rand(options.cells, options.genes).clamp(min=1 / 300)).floor()
    scale = x.max(dim=1, keepdim=True).values
    decoder = Decoder(options.latent, [100, 100, 100], options.genes, options.output)
    mixture = Mixture(options.components, options.latent, 0.2 / options.components)
    z = nn.Parameter(torch.zeros(options.cells, options.latent))
    settings = dict(betas=(0.5, 0.7), weight_decay=1e-4)
    optimisers = [
        torch.optim.Adam(decoder.parameters(), lr=1e-3, **settings),
        torch.optim.Adam(mixture.parameters(), lr=1e-2, **settings),
    ]
    representation = torch.optim.Adam([z], lr=1e-2, **settings)
    elapsed, processor = [], []
    for epoch in range(options.epochs + 1):
        start, start_processor = time.perf_counter(), time.process_time()
        representation.zero_grad()
        order = torch.randperm(options.cells)
        for rows in order.split(options.batch):
            for optimiser in optimisers:
                optimiser.zero_grad()
            latent = z[rows]
            loss = negative_binomial_loss(x[rows], scale[rows], decoder(latent), decoder.log_r).sum()
            loss = loss - mixture(latent).sum()
            loss.backward()
            for optimiser in optimisers:
                optimiser.step()
        representation.step()
        if epoch > 0:
            elapsed.append(time.perf_counter() - start)
            processor.append(time.process_time() - start_processor)
    elapsed.sort()
    processor.sort()
    middle = len(elapsed) // 2
    values = options.cells * options.genes
    print(json.dumps({
        "torch": torch.__version__, "output": options.output, "threads": options.threads,
        "cells": options.cells, "genes": options.genes, "batch": options.batch,
        "epoch_seconds": elapsed[middle], "processor_seconds": processor[middle],
        "cells_per_second": options.cells / elapsed[middle],
        "ns_per_cell_and_gene": elapsed[middle] / values * 1e9,
        "processor_ns_per_cell_and_gene": processor[middle] / values * 1e9,
    }))


if __name__ == "__main__":
    main()
