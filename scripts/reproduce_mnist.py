"""Tables of mnist: python scripts/reproduce_mnist.py --data FOLDER [--seeds N]."""

from reproduction import reproduce, whole_image_rows

if __name__ == "__main__":
    reproduce("mnist", whole_image_rows())
