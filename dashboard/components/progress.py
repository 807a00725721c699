"""How far one emergency has come: the ring, the verdict, the figures."""

from __future__ import annotations

from dashboard.components.markup import Tag, set_attribute, set_text, switch_class, tag
from dashboard.emergency_sentences import missing_by_reason, percent, shown_of, verdict
from dashboard.sentences import count, took
from protocol.live import EmergencyProgress
from protocol.vocabulary import EmergencyStatus

_FIGURES = (
    ("p50", "Half of them within"),
    ("p99", "99 of 100 within"),
    ("slowest", "Slowest"),
    ("online", "Online now"),
    ("received", "Received it"),
    ("still_showing", "Show it now"),
)


class ProgressPanel:
    """One emergency's progress; every part has its place from the start: nothing moves while figures run."""

    def __init__(self) -> None:
        self._figures: dict[str, Tag] = {}
        with tag("section", "progress", aria_label="Progress"):
            with tag("div", "ring-frame"):
                with tag("svg", "ring", viewBox="0 0 120 120", aria_hidden="true"):
                    tag("circle", "ring-track", cx="60", cy="60", r="52", pathLength="100")
                    self._arc = tag(
                        "circle",
                        "ring-arc",
                        cx="60",
                        cy="60",
                        r="52",
                        pathLength="100",
                        stroke_dasharray="0 100",
                    )
                with tag("div", "ring-words"):
                    self._percent = tag("span", "ring-percent", "0 %", testid="emergency-percent")
                    self._ring_note = tag("span", "ring-note")
            with tag("div", "progress-words"):
                self._count = tag("p", "progress-count", testid="emergency-count")
                self._verdict = tag("p", "progress-verdict", role="status", testid="emergency-verdict")
                self._reasons = tag("p", "progress-reasons", testid="emergency-missing-reasons")
                self._bar = tag("div", "stack", aria_hidden="true")
                with self._bar:
                    self._shown, self._waiting, self._missing = (
                        tag("span", f"stack-{part}") for part in ("shown", "waiting", "missing")
                    )
        with tag("dl", "figures"):
            for key, text in _FIGURES:
                with tag("div", "figure"):
                    tag("dt", "figure-text", text)
                    self._figures[key] = tag("dd", "figure-number", "–", testid=f"emergency-{key}")
                    if key == "slowest":
                        self._slowest_screen = tag("dd", "figure-note")

    def show(self, progress: EmergencyProgress) -> None:
        live = progress.status is EmergencyStatus.LIVE
        done = percent(progress)
        set_text(self._percent, f"{done} %")
        set_text(self._ring_note, "show it" if live else "showed it")
        set_attribute(self._arc, "stroke-dasharray", f"{done} 100")
        switch_class(self._arc, "ring-full", done == 100)
        set_text(self._count, shown_of(progress))
        set_text(self._verdict, verdict(progress))
        reasons = "; ".join(f"{number:,} {why}" for number, why in missing_by_reason(progress.missing))
        set_text(self._reasons, reasons if live else "")
        whole = max(1, progress.targeted)
        missing = sum(progress.missing.values())
        for part, number in (
            (self._shown, progress.rendered),
            (self._waiting, progress.waiting),
            (self._missing, missing),
        ):
            set_attribute(part, "style", f"width:{number * 100 / whole:.2f}%")
        slowest = took(progress.slowest_ms) if progress.slowest_ms is not None else "–"
        set_text(self._slowest_screen, progress.slowest_screen or "")
        for key, text in {
            "p50": took(progress.p50_ms) if progress.p50_ms is not None else "–",
            "p99": took(progress.p99_ms) if progress.p99_ms is not None else "–",
            "slowest": slowest,
            "online": f"{progress.online:,} of {progress.targeted:,}",
            "received": count(progress.received, "screen"),
            "still_showing": count(progress.still_showing, "screen"),
        }.items():
            set_text(self._figures[key], text)
