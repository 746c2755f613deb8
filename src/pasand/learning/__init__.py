"""Training: interactions in, frozen arrays out. One model a file.

What a trained array means at request time stands in ``stages/scoring``. Nothing here reads a
clock, a disk or a store; snapshots are written by the flow that called.
"""
