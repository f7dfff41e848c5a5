"""What a page sends to its widget, from one thread or from several at once."""

import threading


def click(widget, **message):
    widget._handle_custom_msg(message, [])


def click_at_once(widget, rounds, *streams):
    """Each stream of messages, so many times over, from a thread of its own; what was raised."""
    wrong = []

    def drive(messages):
        for message in messages * rounds:
            try:
                click(widget, **message)
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=drive, args=(each,)) for each in streams]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong
