"""Tables of fashion_mnist; see `reproduction.py` for the options."""

from reproduction import recipe_rows, reproduce, whole_image_rows

if __name__ == "__main__":
    recipes = recipe_rows("image-mirror")
    # a student of 2,500 weights beside a CNN: where a trainer has the most to tell
    joint = "--recipe image-tiny --trainer cnn --lambdas 1,0.5,0.5 --temperature 2 --epochs 8"
    reproduce("fashion_mnist", whole_image_rows(), recipes, options=joint)
