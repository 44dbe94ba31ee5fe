"""The trainers of this package by name: one network for each kind of input that a name serves."""

from .array_nets import DenseFF, ImageCNN, ImageFF, dense_ff, image_cnn, image_ff
from .base import Network
from .encoder_net import Sentences, TextEncoder, measure_features, text_encoder
from .encoders import Raw, Standardised
from .text_features import TextFeatures
from .text_nets import (
    TextCNN,
    TextFF,
    TextRecurrent,
    measure_idf,
    text_cnn,
    text_ff,
    text_gru,
    text_lstm,
)
from .tfidf import Tfidf, TfidfFeatures, measure_tfidf, tfidf

FF = (
    Network("text", text_ff, TextFF, TextFeatures, measure_idf),
    Network("image", image_ff, ImageFF, Raw),
    Network("dense", dense_ff, DenseFF, Standardised),
)
CNN = (
    Network("text", text_cnn, TextCNN, TextFeatures, measure_idf),
    Network("image", image_cnn, ImageCNN, Raw),
)
LSTM = (Network("text", text_lstm, TextRecurrent, TextFeatures, measure_idf),)
GRU = (Network("text", text_gru, TextRecurrent, TextFeatures, measure_idf),)
TFIDF = (Network("text", tfidf, Tfidf, TfidfFeatures, measure_tfidf),)
ENCODER = (
    Network("text", text_encoder, TextEncoder, Sentences, measure_features, augmented=False),
)
