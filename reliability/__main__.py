"""Run one of the long proofs and print its figures; run from the repository's root."""

import sys

from reliability.figures import failures, told
from reliability.soak import Plan, soak

if __name__ == "__main__":
    outcome = soak(Plan(float(sys.argv[2]) * 60), lambda t: print(t, flush=True))
    print(told(outcome))
    print(failures(outcome))
    print(outcome)
