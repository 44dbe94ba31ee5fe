"""Weights with zeros and shared values in coded form: lossless, with products on the coded form."""
