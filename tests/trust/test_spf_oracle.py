"""SPF gives what an independent implementation gives (spf_oracle.py).

The build folder is in RESTANTE_BUILD, build/ by default.
"""
import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get('RESTANTE_BUILD', HERE.parents[1] / 'build'))

pytest.importorskip('spf')
sys.path.insert(0, str(HERE))
import spf_oracle  # noqa: E402


def test_random_zones_give_the_results_of_the_oracle():
    program = BUILD / 'tests' / 'trust' / 'spf_table'
    faults, counts = spf_oracle.compare(str(program))
    assert faults[:1] == []
    # every result is reached, or the zones say too little
    assert len(counts) == 7
