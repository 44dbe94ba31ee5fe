"""`settings`: what a training would use, or the schema of its files."""

from __future__ import annotations

import click

from .parts import Command, give


@click.command(cls=Command)
@click.option("--recipe", metavar="NAME", help="A recipe; the default is that of --kind.")
@click.option("--kind", type=click.Choice(["text", "image", "dense"]), default="text",
              show_default=True, help="Kind of input.")  # fmt: skip
@click.option("--config", "config_file", metavar="FILE", help="JSON file with settings.")
@click.option("--schema", is_flag=True, help="The JSON schema that settings files keep to.")
def settings(recipe: str | None, kind: str, config_file: str | None, schema: bool) -> None:
    """Print whole settings, as `train` would use them, or their JSON schema."""
    from ..settings import make_settings, read_config_file

    if schema:
        from ..schema import settings_schema

        give(settings_schema(), "-", lambda: None)
        return
    changes = [read_config_file(config_file)] if config_file else []
    give(make_settings(kind, changes, recipe=recipe).to_json(), "-", lambda: None)
