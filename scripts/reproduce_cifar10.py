"""Tables of cifar10: python scripts/reproduce_cifar10.py --data FOLDER [--seeds N]."""

from reproduction import reproduce, whole_image_rows

if __name__ == "__main__":
    reproduce("cifar10", whole_image_rows())
