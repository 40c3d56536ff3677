"""That the comparison itself tells right from wrong; runs before every comparison."""
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
import truth
from cases import Unheld

UTC = timezone.utc
SHAPE = b"\x01\x01\x00\x00\x00" + b"x" * 16
NOON = datetime(2024, 7, 1, 12)

#: Kind, truth, what was found, and the verdict that is due.
CHECKS = [
    ("number", 18446744073709551615, 1.8446744073709552e19, "changed"),
    ("number", 9007199254740993, 9007199254740992.0, "changed"),
    ("number", 9007199254740993, "9007199254740993", "exact"),
    ("number", -128, True, "changed"),
    ("number", 1, True, "exact"),
    ("decimal", Decimal("0." + "0" * 29 + "1"), 1e-30, "exact"),
    ("decimal", Decimal("9" * 28 + "." + "9" * 10), 1e28, "changed"),
    ("decimal", Decimal("0.0001"), Decimal("0.0"), "changed"),
    ("float", 0.10000000149011612, 0.1, "exact"),
    ("float", 123456792.0, 123457000.0, "changed"),
    ("double", 1 / 3, 0.333333, "changed"),
    ("bits", 5, b"\x05", "exact"),
    ("bits", 0, b"0", "exact"),
    ("bits", 1, "0", "changed"),
    ("bits", 255, True, "changed"),
    ("bits", 2**64 - 1, -1, "changed"),
    ("date", date(1, 1, 1), datetime(1, 1, 1), "exact"),
    ("date", date(2024, 2, 29), "2024-02-29", "exact"),
    ("date", date(2024, 2, 29), datetime(2024, 2, 28, 23, tzinfo=UTC), "changed"),
    ("date", Unheld("0000-00-00"), None, "null"),
    ("date", Unheld("0000-00-00"), date(1970, 1, 1), "changed"),
    ("date", Unheld("2026-00-00"), "2026-00-00", "exact"),
    ("local", NOON, NOON.replace(tzinfo=UTC), "zone"),
    ("instant", NOON.replace(tzinfo=UTC), NOON, "zone"),
    ("instant", NOON.replace(tzinfo=UTC), NOON + timedelta(hours=1), "changed"),
    ("span", timedelta(hours=-838), "-838:00:00", "exact"),
    ("span", timedelta(seconds=-1), 1, "changed"),
    ("span", timedelta(hours=24), time(0), "changed"),
    ("text", "", None, "null"),
    ("text", None, "", "changed"),
    ("text", "a  ", "a", "changed"),
    ("text", "😀", "?", "changed"),
    ("text", '{"b": 1, "a": 2}', '{"a":2,"b":1}', "changed"),
    ("text", "fine", truth.NotText(b"\xff"), "broken"),
    ("bytes", b"\x00\x01", "0001", "exact"),
    ("bytes", b"\xff", "/w==", "exact"),
    ("bytes", b"\xff", "\ufffd", "changed"),
    ("bytes", b"abcd", b"abc", "changed"),
    ("geometry", (4326, SHAPE), SHAPE, "changed"),
    ("geometry", (4326, SHAPE), b"\xe6\x10\x00\x00" + SHAPE, "exact"),
    ("geometry", (0, SHAPE), SHAPE, "exact"),
]


def run():
    for kind, true, found, due in CHECKS:
        verdict = truth.verdict(kind, true, found)
        if verdict != due:
            raise AssertionError(f"{kind}: {true!r} found as {found!r} is {due}, and was called {verdict}")
