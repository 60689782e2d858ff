"""Store of forecast states: one small file for each customer or contract.

Where a file cannot be used, the forecast begins from what the API has.
"""

from billing_exporter.forecasting.state import EMPTY, SubjectState, decode, encode
from billing_exporter.state_files import store

CODEC = store.Codec("a forecast state", ".forecast", EMPTY, encode, decode)

Store = store.Store[SubjectState]
