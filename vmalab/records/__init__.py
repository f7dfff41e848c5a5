"""Plain data: programs, events, snapshots, transcripts, and the words for them.

Everything a notebook, a grader, a view or a test exchanges is a frozen record from this floor.
Records know nothing of the model: a saved run can be drawn where no kernel is at hand.
"""
