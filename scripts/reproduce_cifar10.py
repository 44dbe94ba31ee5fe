"""Tables of cifar10; see `reproduction.py` for the options."""

from reproduction import recipe_rows, reproduce, whole_image_rows

if __name__ == "__main__":
    recipes = recipe_rows("image-photo")
    reproduce(
        "cifar10", whole_image_rows(), recipes, options="--recipe bits",
        source="cifar10/cifar10.tar.gz",
    )  # fmt: skip
