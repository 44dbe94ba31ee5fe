"""Commands: parse, call one function, print its dataclass. TensorFlow loads only where needed."""

import click

from ..version import __version__
from . import compress, demo, files, graph, page, runs, search, settings, smart_reply, synthesis
from .parts import Group


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pnet-tf")
@click.option(
    "--traceback", is_flag=True, help="Show where an error comes from; PNET_TF_TRACEBACK=1 too."
)
def main(traceback: bool) -> None:
    """Train a projection network beside a big teacher; ship it as one tiny .tflite."""


for _command in (
    runs.train,
    runs.teach,
    runs.label_next,
    files.export,
    files.evaluate,
    files.predict,
    files.inspect,
    files.benchmark,
    files.pack,
    files.unpack,
    page.page,
    page.report,
    files.android,
    search.bits,
    synthesis.synthesize,
    synthesis.generate,
    compress.compress,
    graph.propagate,
    settings.settings,
    demo.demo,
    smart_reply.smart_reply,
):
    main.add_command(_command)
