"""Tables of mnist; see `reproduction.py` for the options."""

from reproduction import alone_rows, recipe_rows, reproduce, whole_image_rows

if __name__ == "__main__":
    recipes = (*recipe_rows("image-tiny", "image-small"), *alone_rows("image"))
    reproduce("mnist", whole_image_rows(), recipes, options="--recipe bits")
