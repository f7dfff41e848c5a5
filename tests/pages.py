"""A page that shows a widget, without a browser: it knows what it was told, and no more."""

import json


def made(old, told):
    """What common.js makes of what it is told."""
    if "now" in told:
        return told["now"]
    if "runs" in told:
        pieces = [
            old[run[0] : sum(run)] if isinstance(run, list) else [run["put"]]
            for run in told["runs"]
        ]
        return [item for piece in pieces for item in piece]
    kept = {name: value for name, value in old.items() if name not in told["gone"]}
    return kept | {name: made(kept.get(name), part) for name, part in told["parts"].items()}


class Page:
    """A page that shows a widget: the views that it was told of, and what it is to show."""

    def __init__(self, widget):
        self.widget = widget
        self.views, self.heard, self.answers = {}, [], []
        self.hear_state({"state": {"view": widget.view}})
        widget.send, widget.comm.send = self.hear, self.hear_state

    def hear_state(self, data, buffers=None):
        if "view" in data["state"]:
            view = json.loads(json.dumps(data["state"]["view"]))
            self.views, self.shows = {view["key"]: view}, view["key"]

    def hear(self, content, buffers=None):
        content = json.loads(json.dumps(content))
        self.heard.append(content)
        for key, told in content["views"]:
            self.views[key] = made(self.views[content["base"]], told)
        self.shows = content["show"]
        if content.get("ask"):
            self.answers.append(content["ask"])

    @property
    def view(self):
        return self.views[self.shows]
