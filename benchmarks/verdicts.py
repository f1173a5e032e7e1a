"""Of all pairs of Caltech-101 pictures that are so alike, how many are of one kind?

python benchmarks/verdicts.py GALLERY    # one that has the folder caltech101
"""

import sys
from pathlib import Path

import numpy as np

from lookalike import LocalGallery

kept = LocalGallery.open(sys.argv[1], create=False).vectors("glance")
is_of_caltech = np.array(["caltech101" in path for path in kept.paths])
kinds = np.array([Path(path).parent.name for path in kept.paths])[is_of_caltech]
alike = (kept.vectors @ kept.vectors.T)[np.ix_(is_of_caltech, is_of_caltech)]
pairs = np.triu_indices(len(kinds), 1)
same = (kinds[:, None] == kinds)[pairs]
for low, high in ((0.75, 2), (0.5, 0.75), (0.3, 0.5), (-2, 0.3)):
    within = (alike[pairs] >= low) & (alike[pairs] < high)
    print(low, f"{same[within].mean():.1%}")
