"""Tables of cifar10; see `reproduction.py` for the options."""

from reproduction import recipe_rows, reproduce, whole_image_rows

if __name__ == "__main__":
    reproduce("cifar10", whole_image_rows(), recipe_rows("image-photo"), options="--recipe bits")
