"""Every type of MySQL and MariaDB with its edge values, and what each of them truly is.

A case is one table `(id INT PRIMARY KEY, v <type>)`, so that a reader that stops at one value can still show what it
does with the others. The truth is written here by hand or computed here, never read back from the server.
"""
import dataclasses, shutil, struct
from datetime import datetime, timedelta, timezone
from decimal import Decimal


@dataclasses.dataclass
class Case:
    name: str
    type: str
    #: How values are compared: see truth.py.
    kind: str
    #: Pairs of the value as SQL and its truth.
    values: list
    #: What may follow the column's type: a character set, INVISIBLE.
    settings: str = ""


def same(kind, type, name, *numbers, settings=""):
    """A case whose values are written in SQL as they are."""
    return Case(name, type, kind, [(str(number), number) for number in numbers], settings)


def quoted(kind, type, name, *texts, settings=""):
    return Case(name, type, kind, [("'" + text.replace("\\", "\\\\").replace("'", "''") + "'", text) for text in texts],
                settings)


def decimal(type, name, *texts):
    return Case(name, type, "decimal", [(text, Decimal(text)) for text in texts])


def local(text):
    """DATETIME: a local time of nobody's zone, compared digit by digit."""
    form = "%Y-%m-%d %H:%M:%S.%f" if "." in text else "%Y-%m-%d %H:%M:%S"
    return datetime.strptime(text, form)


def instants(type, name, *texts):
    """TIMESTAMP: written in UTC, because the generator's session has that zone."""
    return Case(name, type, "instant", [(f"'{text}'", local(text).replace(tzinfo=timezone.utc)) for text in texts])


def locals_(type, name, *texts):
    return Case(name, type, "local", [(f"'{text}'", local(text)) for text in texts])


def dates(name, *texts):
    return Case(name, "DATE", "date", [(f"'{text}'", datetime.strptime(text, "%Y-%m-%d").date()) for text in texts])


def unheld(type, kind, name, *texts):
    """Values that no date of any common type can hold; only their text is exact."""
    return Case(name, type, kind, [(f"'{text}'", Unheld(text)) for text in texts])


@dataclasses.dataclass(frozen=True)
class Unheld:
    text: str


def span(text):
    sign, text = (-1, text[1:]) if text.startswith("-") else (1, text)
    hours, minutes, seconds = text.split(":")
    whole, _, fraction = seconds.partition(".")
    return sign * timedelta(hours=int(hours), minutes=int(minutes), seconds=int(whole),
                            microseconds=int(fraction.ljust(6, "0")))


def spans(type, name, *texts):
    return Case(name, type, "span", [(f"'{text}'", span(text)) for text in texts])


def floats(name, *values):
    """Written with more digits than a FLOAT has, so that the server rounds to exactly this one."""
    return Case(name, "FLOAT", "float", [
        (f"{value!r}" + ("" if "e" in repr(value) else "e0"), struct.unpack("f", struct.pack("f", value))[0])
        for value in values])


def doubles(name, *values):
    return Case(name, "DOUBLE", "double", [(f"{value!r}" + ("" if "e" in repr(value) else "e0"), value)
                                           for value in values])


def binary(type, name, *values):
    return Case(name, type, "bytes", [(f"x'{value.hex()}'", value) for value in values])


def point(srid, x, y):
    return (f"ST_GeomFromText('POINT({x} {y})', {srid})",
            (srid, struct.pack("<BIdd", 1, 1, x, y)))


#: A column of latin1 that is made one of utf8mb4 without its bytes being converted.
DAMAGED = "CHARACTER SET latin1 COMMENT 'damaged'"

TEXT = ["", "plain", "trailing spaces  ", "tab\tline\nreturn\r\n", "quote ' \" ` \\ \\N", "NULL", "ação – Ωß漢字"]
EMOJI = ["😀👩‍👩‍👧‍👦🇧🇷", "e\u0301 (combining)", "zero\u0000byte", "\u200b\ufeff"]
JSON = ['{"b": 1, "a": 2}', '{"k": 1, "k": 2}', '{"big": 123456789012345678901234567890}', '{"f": 1.10, "e": 1E400}',
        '[ 1,2 ,  3 ]', '"\\ud83d\\ude00 \\u00e9"', 'null', '{"n": 18446744073709551615}']

CASES = [
    same("number", "TINYINT", "TINYINT", -128, 127, 0),
    same("number", "TINYINT(1)", "TINYINT(1), not a boolean", -128, 127, 2, 1, 0),
    same("number", "TINYINT UNSIGNED", "TINYINT UNSIGNED", 255),
    same("number", "SMALLINT", "SMALLINT", -32768, 32767),
    same("number", "SMALLINT UNSIGNED", "SMALLINT UNSIGNED", 65535),
    same("number", "MEDIUMINT", "MEDIUMINT", -8388608, 8388607),
    same("number", "MEDIUMINT UNSIGNED", "MEDIUMINT UNSIGNED", 16777215),
    same("number", "INT", "INT", -2147483648, 2147483647),
    same("number", "INT UNSIGNED", "INT UNSIGNED", 4294967295),
    same("number", "INT(8) ZEROFILL", "INT ZEROFILL", 42, 4294967295),
    same("number", "BIGINT", "BIGINT", -9223372036854775808, 9223372036854775807, 9007199254740993),
    same("number", "BIGINT UNSIGNED", "BIGINT UNSIGNED up to 2^63-1", 0, 9007199254740993, 9223372036854775807),
    same("number", "BIGINT UNSIGNED", "BIGINT UNSIGNED from 2^63", 9223372036854775808, 18446744073709551615),
    decimal("DECIMAL(18,4)", "DECIMAL(18,4)", "-99999999999999.9999", "0.0001", "0"),
    decimal("DECIMAL(38,10)", "DECIMAL(38,10) extremes", "9" * 28 + "." + "9" * 10, "-" + "9" * 28 + "." + "9" * 10,
            "0.0000000001"),
    decimal("DECIMAL(38,0)", "DECIMAL(38,0) extremes", "9" * 38, "-" + "9" * 38),
    decimal("DECIMAL(65,30)", "DECIMAL(65,30) extremes", "9" * 35 + "." + "9" * 30, "-" + "9" * 35 + "." + "9" * 30,
            "0." + "0" * 29 + "1"),
    decimal("DECIMAL(65,0)", "DECIMAL(65,0) extremes", "9" * 65, "-" + "9" * 65),
    floats("FLOAT, nine digits", 0.1, 1.00000011920929, 16777217.0, 123456789.0, 0.333333343, 8388608.5),
    floats("FLOAT extremes", 3.4028234663852886e38, -3.4028234663852886e38, 1.1754943508222875e-38),
    doubles("DOUBLE, 17 digits", 0.1, 1 / 3, 0.1 + 0.2, 9007199254740991.0, 123456789.12345679),
    doubles("DOUBLE extremes", 1.7976931348623157e308, -1.7976931348623157e308, 2.2250738585072014e-308),
    doubles("DOUBLE subnormal", 5e-324),
    Case("BIT(1)", "BIT(1)", "bits", [("b'0'", 0), ("b'1'", 1)]),
    Case("BIT(8)", "BIT(8)", "bits", [("b'101'", 5), ("b'11111111'", 255)]),
    Case("BIT(64)", "BIT(64)", "bits", [(f"b'{2**64 - 1:b}'", 2**64 - 1), (f"b'{2**63:b}'", 2**63), ("b'1'", 1)]),
    same("number", "YEAR", "YEAR", 1901, 2155),
    Case("YEAR 0000", "YEAR", "number", [("0", 0)]),
    dates("DATE", "2024-02-29", "1000-01-01", "9999-12-31"),
    dates("DATE of year 1", "0001-01-01"),
    unheld("DATE", "date", "DATE 0000-00-00", "0000-00-00"),
    unheld("DATE", "date", "DATE partial", "2026-00-00", "1975-06-00"),
    unheld("DATE", "date", "DATE impossible (31 February)", "2023-02-31"),
    locals_("DATETIME", "DATETIME", "2024-06-30 12:34:56", "1000-01-01 00:00:00", "9999-12-31 23:59:59"),
    locals_("DATETIME(6)", "DATETIME(6)", "2024-06-30 12:34:56.123456", "1969-12-31 23:59:59.999999",
            "9999-12-31 23:59:59.999999"),
    locals_("DATETIME(3)", "DATETIME(3)", "2024-06-30 12:34:56.789"),
    locals_("DATETIME", "DATETIME in the DST fold and gap", "2024-10-27 01:30:00", "2024-03-31 01:30:00"),
    unheld("DATETIME", "local", "DATETIME 0000-00-00 00:00:00", "0000-00-00 00:00:00"),
    unheld("DATETIME(6)", "local", "DATETIME(6) zero", "0000-00-00 00:00:00.000000"),
    unheld("DATETIME", "local", "DATETIME partial", "2026-00-00 00:00:00", "1975-06-00 12:30:00"),
    instants("TIMESTAMP", "TIMESTAMP, server in Europe/London", "2024-07-01 12:00:00", "2024-01-01 12:00:00"),
    instants("TIMESTAMP", "TIMESTAMP, both sides of the DST fold", "2024-10-27 00:30:00", "2024-10-27 01:30:00"),
    instants("TIMESTAMP(6)", "TIMESTAMP(6) extremes", "1970-01-01 00:00:01.000001", "2038-01-19 03:14:07.999999"),
    unheld("TIMESTAMP NULL", "instant", "TIMESTAMP zero", "0000-00-00 00:00:00"),
    spans("TIME", "TIME of a day", "00:00:00", "23:59:59"),
    spans("TIME(6)", "TIME(6) of a day", "12:34:56.789012", "23:59:59.999999"),
    spans("TIME", "TIME beyond a day", "24:00:00", "838:59:59"),
    spans("TIME", "TIME negative", "-00:00:01", "-838:59:59"),
    spans("TIME(6)", "TIME(6) extremes", "838:59:59.999999", "-838:59:59.999999", "-00:00:00.000001"),
    quoted("text", "CHAR(40)", "CHAR", *[text.rstrip(" ") for text in TEXT], settings="CHARACTER SET utf8mb4"),
    quoted("text", "VARCHAR(100)", "VARCHAR", *TEXT, settings="CHARACTER SET utf8mb4"),
    quoted("text", "TEXT", "TEXT utf8mb4, four bytes", *EMOJI, settings="CHARACTER SET utf8mb4"),
    quoted("text", "VARCHAR(100)", "VARCHAR utf8mb3", "ação – Ωß漢字", settings="CHARACTER SET utf8mb3"),
    quoted("text", "VARCHAR(100)", "VARCHAR latin1", "ação £ € ÿ", settings="CHARACTER SET latin1"),
    Case("VARCHAR latin1, byte 81", "VARCHAR(10)", "text", [("_latin1 x'4181'", "A\u0081")], "CHARACTER SET latin1"),
    quoted("text", "VARCHAR(100)", "VARCHAR utf16", "漢😀", settings="CHARACTER SET utf16"),
    quoted("text", "VARCHAR(100)", "VARCHAR sjis", "日本語", settings="CHARACTER SET sjis"),
    # Bytes that are no UTF-8 in a column that is declared as such: see damage().
    Case("VARCHAR utf8mb4, invalid bytes", "VARCHAR(80)", "bytes",
         [("_latin1 x'41ff42'", b"A\xffB"), ("'fine'", b"fine")], DAMAGED),
    Case("MEDIUMTEXT of 1 MB", "MEDIUMTEXT", "text", [("REPEAT('é', 500000)", "é" * 500_000)], "CHARACTER SET utf8mb4"),
    Case("VARCHAR empty and NULL", "VARCHAR(10)", "text", [("''", ""), ("NULL", None)]),
    Case("INT NULL", "INT", "number", [("NULL", None), ("0", 0)]),
    quoted("text", "TINYTEXT", "TINYTEXT", "x" * 255),
    quoted("text", "LONGTEXT", "LONGTEXT", *TEXT),
    quoted("text", "ENUM('red','','grün','a b')", "ENUM with an empty member", "red", "", "grün", "a b"),
    Case("ENUM, invalid value (index 0)", "ENUM('red','grün')", "text", [("0", "")]),
    quoted("text", "SET('a','b','c d')", "SET", "a", "a,b,c d", ""),
    quoted("text", "JSON", "JSON as sent", *JSON),
    binary("BINARY(8)", "BINARY with NULs", b"\x00\x01\x00\xff\x00\x00\x00\x00", b"\x00" * 8),
    binary("VARBINARY(300)", "VARBINARY, every byte", bytes(range(256)), b"", b"trailing \x00\x00"),
    binary("TINYBLOB", "TINYBLOB", bytes(range(255))),
    binary("BLOB", "BLOB", bytes(range(256)) * 4),
    binary("MEDIUMBLOB", "MEDIUMBLOB", bytes(range(256)) * 4),
    Case("LONGBLOB over 16 MiB", "LONGBLOB", "bytes", [("REPEAT(x'00ff27', 6000000)", b"\x00\xff\x27" * 6_000_000)]),
    Case("POINT, SRID 0", "POINT", "geometry", [point(0, 1.5, -2.25)]),
    Case("GEOMETRY, SRID 4326", "GEOMETRY", "geometry", [point(4326, -0.1276, 51.5072)]),
    Case("GEOMETRY, polygon", "GEOMETRY", "geometry", [
        ("ST_GeomFromText('POLYGON((0 0,0 1,1 1,0 0))', 0)",
         (0, struct.pack("<BIII8d", 1, 3, 1, 4, 0, 0, 0, 1, 1, 1, 0, 0)))]),
    Case("UUID (MariaDB)", "UUID", "text", [
        ("'123e4567-e89b-12d3-a456-426614174000'", "123e4567-e89b-12d3-a456-426614174000")]),
    Case("INET6 (MariaDB)", "INET6", "text", [("'2001:db8::ff00:42:8329'", "2001:db8::ff00:42:8329")]),
    Case("column GENERATED", "INT AS (id * 2) STORED", "number", [(None, 2), (None, 4)]),
    Case("column INVISIBLE", "INT", "number", [("7", 7)], "INVISIBLE"),
]


def tables():
    """Every case with the name of its table."""
    return [(f"c{number:02}", case) for number, case in enumerate(CASES, 1)]


def statements():
    """What makes and fills the tables."""
    for table, case in tables():
        # A TIMESTAMP without NULL would become the current time where NULL is meant.
        null = "" if " AS (" in case.type or "NULL" in case.type else " NULL"
        yield (f"CREATE TABLE {table} (id INT NOT NULL PRIMARY KEY, "
               f"v {case.type} {case.settings.replace('INVISIBLE', '')}{null}"
               f"{' INVISIBLE' if 'INVISIBLE' in case.settings else ''}) "
               f"ENGINE={'MyISAM' if case.settings == DAMAGED else 'InnoDB'}")
        for row, (value, _) in enumerate(case.values, 1):
            yield (f"INSERT INTO {table} (id) VALUES ({row})" if value is None
                   else f"INSERT INTO {table} (id, v) VALUES ({row}, {value})")


def damage(server, database):
    """Gives damaged tables the definition of one with another character set, as moving files between servers may.

    The server converts or refuses invalid bytes however they are written, so the definition is what is changed. A
    VARCHAR(20) of utf8mb4 has as many bytes as the 80 of latin1.
    """
    folder = server.folder / "data" / database
    for table, case in tables():
        if case.settings == DAMAGED:
            server.sql(f"CREATE TABLE shape (id INT NOT NULL PRIMARY KEY, v VARCHAR(20) CHARACTER SET utf8mb4 NULL) "
                       f"ENGINE=MyISAM; FLUSH TABLES", database)
            shutil.copyfile(folder / "shape.frm", folder / f"{table}.frm")
            server.sql("DROP TABLE shape; FLUSH TABLES", database)
            if server.sql(f"SELECT HEX(v) FROM {table} WHERE id = 1", database) != [["41FF42"]]:
                raise RuntimeError(f"{table} could not be damaged")
