"""Small models whose searches are quick: what scores is how many weights are left."""

from pnet_tf._keras import keras
from pnet_tf.compress.choose import Trainable
from pnet_tf.compress.coded_model import measured

LAYERS = keras.layers


def model_of(seed=0):
    keras.utils.set_random_seed(seed)
    layers = [keras.Input((12,)), LAYERS.Dense(16, name="a"), LAYERS.Dense(3, name="b")]
    return keras.Sequential(layers, name="small")


def kept_weights(model):
    return sum(one.size - one.zeros for one in measured(model))


def net_of(model, least, fit=lambda small: None):
    """Scores 1 as long as `least` weights are left, else 0; retraining does nothing."""
    return Trainable(model, fit, lambda tried: float(kept_weights(tried) >= least))
