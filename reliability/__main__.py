"""Run one of the long proofs and print its figures; run from the repository's root."""

import sys

from reliability.soak import Plan, soak

if __name__ == "__main__":
    print(soak(Plan(float(sys.argv[2])*60), print))
