"""How a screen is added, for who stands before one for the first time."""

from __future__ import annotations

from dashboard.components.markup import tag


def how_to_add_a_screen(may_make_keys: bool) -> None:
    """Closed until somebody opens it. `may_make_keys`: then it leads to where an enrolment key is made."""
    with tag("details", "card how-to", testid="how-to-add"):
        tag("summary", "", "How to add a screen")
        with tag("ol", ""):
            with tag("li", ""):
                tag("span", "", "Have an enrolment key ready. It lets a screen ask; it opens nothing else. ")
                if may_make_keys:
                    tag("a", "", "Enrolment keys", href="/keys/enrolment")
            with tag("li", ""):
                tag("span", "", "Open the player in a browser on the screen: the address of the hub, then ")
                tag("code", "", "/player/")
                tag("span", "", ". It must be an https address, unless the hub runs on that same machine.")
            tag("li", "", "Type the enrolment key there, once. The screen shows a pairing code, large.")
            tag(
                "li",
                "",
                "Scan the QR code beside it with your phone, or type the code above. Compare it with the "
                "glass, then approve. The screen begins by itself.",
            )
