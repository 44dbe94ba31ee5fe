"""Whole commands called in process."""

from click.testing import CliRunner

from pnet_tf.cli import main


def call(*arguments, code=0):
    """Run `pnet-tf`; the result, after a check of its exit code and that nothing else escaped."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result
