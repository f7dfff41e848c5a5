"""Programs made by rule: random ones to compare kernels with, and the comparison itself."""
