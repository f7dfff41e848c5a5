"""The same work on the model, the live kernel and what else keeps memory by ranges of pages.

``contenders`` runs in each one's own interpreter and imports nothing of this package;
``environments`` makes those interpreters; ``field`` lets all of them take turns.
"""
