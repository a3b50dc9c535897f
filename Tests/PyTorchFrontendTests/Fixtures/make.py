"""Makes the exported programs of this folder, with PyTorch 2.15: python make.py

Each NAME.pt2 comes with NAME.inputs.npy and NAME.outputs.npy, what PyTorch computes of it (several outputs side by side).
"""

import json
import os
import zipfile

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def save(name, model, shape, dynamic=True, seed=1):
    torch.manual_seed(seed)
    for key, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand_like(tensor) + 0.3 if key.endswith("var") else torch.randn_like(tensor) * 0.5)
    model.eval()
    x = torch.randn([12] + shape)
    batch = ({0: torch.export.Dim("batch")},) if dynamic else None
    program = torch.export.export(model, (x if dynamic else x[:1],), dynamic_shapes=batch)
    torch.export.save(program, name + ".pt2")
    shrink(name + ".pt2")
    with torch.no_grad():
        batches = [model(x)] if dynamic else [model(e[None]) for e in x]
    batches = [y if isinstance(y, tuple) else (y,) for y in batches]
    outputs = [torch.cat(parts) for parts in zip(*batches)]
    np.save(name + ".inputs.npy", x.numpy())
    np.save(name + ".outputs.npy", np.concatenate([y.numpy().reshape(12, -1) for y in outputs], axis=1))


def shrink(path):
    """Without example inputs and stack traces, which tell of the machine."""
    with zipfile.ZipFile(path) as archive:
        entries = [(i.filename, archive.read(i)) for i in archive.infolist() if "sample_inputs" not in i.filename]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents in entries:
            if name.endswith("models/model.json"):
                program = json.loads(contents)
                for node in program["graph_module"]["graph"]["nodes"]:
                    node["metadata"] = {k: v for k, v in node["metadata"].items() if k == "nn_module_stack"}
                contents = json.dumps(program, separators=(",", ":")).encode()
            archive.writestr(zipfile.ZipInfo(name), contents, zipfile.ZIP_DEFLATED)


class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU(inplace=True), nn.Dropout(0.3), nn.Linear(5, 4, bias=False), nn.ELU(),
            nn.Linear(4, 4), nn.SELU(), nn.Linear(4, 4), nn.PReLU(), nn.Hardtanh(), nn.Linear(4, 3), nn.LeakyReLU(0.125),
        )
        self.register_buffer("offset", torch.zeros(3), persistent=False)

    def forward(self, x):
        y = self.layers(x)
        return torch.softmax((y - self.offset) * 0.5, dim=-1), torch.sigmoid(y), F.silu(y) + F.softplus(y) - torch.tanh(y)


class Images(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(1, 0))
        self.bn = nn.BatchNorm2d(4)
        self.b = nn.Conv2d(4, 4, 3, padding="same", groups=4)
        self.c = nn.Conv2d(4, 3, 1, bias=False)
        self.slope = nn.PReLU(3)
        self.out = nn.Linear(3 * 4, 2)

    def forward(self, x):
        y = F.relu6(self.bn(self.a(x)))
        y = torch.cat([F.max_pool2d(self.b(y), 2, stride=1), F.avg_pool2d(y, 2, stride=1)], dim=1)[:, 2:6]
        y = self.slope(self.c(F.hardswish(y)))
        z = F.adaptive_avg_pool2d(y, 1).flatten(1)
        return self.out(F.adaptive_max_pool2d(F.pad(y, (0, 0, 0, 1)), 2).flatten(1)), z


class Sequences(nn.Module):
    """Particles: the same at every one, then sums over them."""

    def __init__(self):
        super().__init__()
        self.phi = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 4), nn.ReLU())
        self.conv = nn.Conv1d(4, 2, 2, dilation=2)
        self.rho = nn.Linear(4 + 8, 2)

    def forward(self, x):
        y = self.phi(x)
        total = y.mean(dim=1) + y.amax(dim=1) - y.sum(1) / 4 + y[:, -1]
        z = self.conv(y.transpose(1, 2)).permute(0, 2, 1)
        first, second = z.chunk(2, dim=1)
        z = torch.stack([first, second], dim=1).reshape(-1, 8)
        return self.rho(torch.cat([total, z.square()], dim=-1)).unsqueeze(1).squeeze(1)


class Fixed(nn.Module):
    """Exported with one event, as many do."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(4, 6).t())
        self.b = nn.Parameter(torch.zeros(4))

    def forward(self, x):
        y = torch.addmm(self.b, x, self.w).view(1, 2, 2)
        return torch.clamp(y[:, :, 0] * 2 + (1 - y[:, :, 1]), min=0) ** 2


class Recurrent(nn.Module):
    """Cells of every kind: two layers in both directions, states that are read, steps before the batch."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4, 2, batch_first=True, bidirectional=True)
        self.gru = nn.GRU(8, 3, batch_first=True)
        self.rnn = nn.RNN(3, 3, nonlinearity="relu", bias=False)
        self.memory = nn.LSTM(3, 2)

    def forward(self, x):
        steps, _ = self.lstm(x)
        steps, last = self.gru(steps)
        turned = steps.transpose(0, 1)
        simple, _ = self.rnn(turned)
        _, (state, cell) = self.memory(turned)
        return last[-1], simple.transpose(0, 1).flatten(1), state[-1], cell[0]


class Wide(nn.Module):
    """A transposed convolution, attention, GELU, layer normalisation."""

    def __init__(self):
        super().__init__()
        self.up = nn.ConvTranspose1d(2, 4, 3, stride=2, padding=1, output_padding=1)
        self.q, self.k, self.v = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)
        self.norm = nn.LayerNorm(4)

    def forward(self, x):
        y = self.norm(F.gelu(self.up(x)).transpose(1, 2))
        return F.scaled_dot_product_attention(self.q(y), self.k(y), self.v(y)).mean(1)


class Encoder(nn.Module):
    """Attention as PyTorch's own module computes it, on particles whose first layers see each as a row."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU())
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.layer = nn.TransformerEncoderLayer(4, 2, 6, batch_first=True, dropout=0.0)
        self.out = nn.Linear(4, 3)

    def forward(self, x):
        y = self.embed(x.reshape(-1, 3)).reshape(-1, 5, 4)
        y = y + self.attention(y, y, y, need_weights=False)[0]
        y = self.layer(y)
        return F.log_softmax(self.out(y.mean(1)), dim=-1), (y.abs().sum(1) + 1).log().exp()


if __name__ == "__main__":
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    save("dense", Dense(), [6])
    save("images", Images(), [2, 7, 6])
    save("sequences", Sequences(), [6, 3])
    save("fixed", Fixed(), [6], dynamic=False)
    save("recurrent", Recurrent(), [5, 3], dynamic=False)
    save("wide", Wide(), [2, 3], dynamic=False)
    save("encoder", Encoder(), [5, 3], dynamic=False)
