"""What one looks at after training: one HTML file of figures, plots, mistakes and the model."""
