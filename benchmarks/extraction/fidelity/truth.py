"""Whether a value in a Parquet file is the one that was at the source, whatever type it is held in.

Generous to every reader alike: a number in text, a date as a timestamp at midnight, bytes in hexadecimal or a time as
microseconds are exact, because nothing is lost. What counts is whether the value can be had back from the file alone.
"""
import base64, binascii, struct
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation
from uuid import UUID
import pyarrow
import pyarrow.types as types
from cases import Unheld

EPOCH = datetime(1970, 1, 1)
UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": 0.001}


class Strange(str):
    """A value that Python has no type for; equal to nothing but its text."""


def plain(column):
    """The values of a column as Python's; timestamps without any change of zone."""
    kind = column.type
    if types.is_timestamp(kind):
        counts = column.cast(pyarrow.int64()).to_pylist()
        return [None if count is None else moment(count, kind) for count in counts]
    if types.is_date32(kind):
        return [None if days is None else day(days) for days in column.cast(pyarrow.int32()).to_pylist()]
    if types.is_dictionary(kind):
        return plain(column.cast(kind.value_type))
    if types.is_string(kind) or types.is_large_string(kind):
        return [None if octets is None else decoded(octets)
                for octets in column.cast(pyarrow.large_string()).cast(pyarrow.large_binary()).to_pylist()]
    return column.to_pylist()


class NotText(bytes):
    """What stands in a text column without being UTF-8, which Parquet forbids: other readers refuse the file."""


def decoded(octets):
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return NotText(octets)


def moment(count, kind):
    try:
        if kind.unit == "ns" and count % 1000:
            return Strange(f"{count} ns")
        microseconds = count // 1000 if kind.unit == "ns" else count * UNITS[kind.unit]
        value = EPOCH + timedelta(microseconds=microseconds)
        return value.replace(tzinfo=timezone.utc) if kind.tz else value
    except OverflowError:
        return Strange(f"{count} {kind.unit}")


def day(days):
    try:
        return date(1970, 1, 1) + timedelta(days=days)
    except OverflowError:
        return Strange(f"day {days}")


def verdict(kind, truth, found):
    """exact, zone (digits kept, but its type says another thing about the zone), null, broken or changed."""
    if truth is None:
        return "exact" if found is None else "changed"
    if found is None:
        return "null"
    if isinstance(found, NotText):
        return "broken"
    if isinstance(truth, Unheld):
        return "exact" if isinstance(found, str) and unpadded(found) == unpadded(truth.text) else "changed"
    try:
        return RULES[kind](truth, found)
    except (ValueError, TypeError, InvalidOperation, OverflowError, struct.error):
        return "changed"


def unpadded(text):
    return text.replace("T", " ").rstrip("Z").split(".")[0]


def judged(is_same):
    return "exact" if is_same else "changed"


def number(truth, found):
    if isinstance(found, bytes):
        found = found.decode()
    return judged(int(found) == truth if isinstance(found, (bool, int, str)) else Decimal(found) == truth)


def decimal(truth, found):
    return judged(Decimal(repr(found) if isinstance(found, float) else found.decode() if isinstance(found, bytes)
                          else found) == truth)


def single(truth, found):
    return judged(struct.pack("f", float(found)) == struct.pack("f", truth))


def double(truth, found):
    return judged(struct.pack("d", float(found)) == struct.pack("d", truth))


def bits(truth, found):
    if isinstance(found, str):
        found = found.encode("latin1", "replace")
    if isinstance(found, bytes):
        return judged(found in (str(truth).encode(), f"{truth:b}".encode(), f"{truth:064b}".encode())
                      or int.from_bytes(found, "big") == truth)
    return judged(int(found) == truth)


def calendar(truth, found):
    if isinstance(found, str):
        return judged(found[:10] == truth.isoformat() and found[10:].strip("T 0:.Z+") == "")
    if isinstance(found, datetime):
        return judged(found.replace(tzinfo=None) == datetime(truth.year, truth.month, truth.day))
    return judged(found == truth)


def local(truth, found):
    if isinstance(found, Strange):
        return "changed"
    if isinstance(found, str):
        found = datetime.fromisoformat(found)
    if found.tzinfo is not None:
        return "zone" if found.replace(tzinfo=None) == truth else "changed"
    return judged(found == truth)


def instant(truth, found):
    if isinstance(found, Strange):
        return "changed"
    if isinstance(found, str):
        found = datetime.fromisoformat(found)
    if found.tzinfo is None:
        return "zone" if found == truth.replace(tzinfo=None) else "changed"
    return judged(found == truth)


def span(truth, found):
    if isinstance(found, time):
        found = timedelta(hours=found.hour, minutes=found.minute, seconds=found.second, microseconds=found.microsecond)
    elif isinstance(found, int):
        found = timedelta(microseconds=found)
    elif isinstance(found, str):
        from cases import span as parsed
        found = parsed(found)
    return judged(found == truth)


def text(truth, found):
    if isinstance(found, UUID):
        found = str(found)
    return judged(found == truth if isinstance(found, str) else isinstance(found, bytes) and found == truth.encode()
                  or isinstance(found, list) and ",".join(found) == truth)


def octets(truth, found):
    if isinstance(found, bytes):
        return judged(found == truth)
    if found.encode("utf-8", "surrogateescape") == truth:
        return "exact"
    for decode in (binascii.unhexlify, lambda text: base64.b64decode(text, validate=True)):
        try:
            if decode(found.removeprefix("0x").removeprefix("\\x")) == truth:
                return "exact"
        except (ValueError, binascii.Error):
            pass
    return "changed"


def geometry(truth, found):
    """WKB with its SRID before it (MySQL's own form) or within (EWKB); without an SRID if there is none to lose."""
    srid, shape = truth
    forms = [struct.pack("<I", srid) + shape,
             shape[:1] + struct.pack("<I", struct.unpack("<I", shape[1:5])[0] | 0x20000000) + struct.pack("<I", srid)
             + shape[5:]]
    if srid == 0:
        forms.append(shape)
    return judged(any(octets(form, found) == "exact" for form in forms))


RULES = {"number": number, "decimal": decimal, "float": single, "double": double, "bits": bits, "date": calendar,
         "local": local, "instant": instant, "span": span, "text": text, "bytes": octets, "geometry": geometry}
