"""Tables of fashion_mnist; see `reproduction.py` for the options."""

from reproduction import recipe_rows, reproduce, whole_image_rows

if __name__ == "__main__":
    recipes = recipe_rows("image-mirror", "image")
    reproduce("fashion_mnist", whole_image_rows(), recipes, options="--recipe bits")
