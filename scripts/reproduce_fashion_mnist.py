"""Tables of fashion_mnist: python scripts/reproduce_fashion_mnist.py --data FOLDER [--seeds N]."""

from reproduction import reproduce, whole_image_rows

if __name__ == "__main__":
    reproduce("fashion_mnist", whole_image_rows())
