"""The preview tells what Python's email module does (preview_oracle.py).

The build folder is in RESTANTE_BUILD, build/ by default; real messages are in
the folder RESTANTE_CORPUS, or beside the source, or nowhere.
"""
import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = pathlib.Path(os.environ.get('RESTANTE_BUILD', ROOT / 'build'))
CORPUS = pathlib.Path(
    os.environ.get('RESTANTE_CORPUS', ROOT.parent / 'shared' / 'corpus'))
PROGRAM = str(BUILD / 'tests' / 'message' / 'preview_table')

sys.path.insert(0, str(HERE))
import preview_oracle  # noqa: E402


# SM-16
def test_made_messages_give_what_was_put_into_them():
    faults, count = preview_oracle.compare_made(PROGRAM)
    assert faults[:1] == []
    assert count > 0


# SM-16
def test_real_messages_give_the_results_of_the_oracle():
    if not CORPUS.is_dir():
        pytest.skip('no real messages here')
    faults, messages, attachments = preview_oracle.compare(
        PROGRAM, str(CORPUS))
    assert faults[:1] == []
    assert messages > 0 and attachments > 0
