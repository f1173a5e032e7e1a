"""An autoencoder of one's own pictures: an encoder that learned to put each into a few numbers.

A network is trained to draw each picture again from a few numbers, the latent. What it learned to
tell apart is what these pictures differ in; so the latent can be searched with, by Euclidean
distance. `train_autoencoder` trains one, which needs PyTorch; what it leaves needs none.
"""

from __future__ import annotations

from lookalike.learning.autoencoder.run import AutoencoderRun, Epoch
from lookalike.learning.autoencoder.settings import PRESETS, AutoencoderSettings
from lookalike.learning.autoencoder.training import train_autoencoder

__all__ = ["PRESETS", "AutoencoderRun", "AutoencoderSettings", "Epoch", "train_autoencoder"]
