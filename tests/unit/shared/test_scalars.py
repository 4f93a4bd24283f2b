import json
import subprocess
import sys
from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.shared.scalars import SCALARS, shown

ACCEPTED: dict[str, list[Any]] = {
    "AWSDate": [
        *["1970-01-01", "1970-01-01Z", "1970-01-01-07:00", "1970-01-01+05:30"],
        *["1970-01-01+05:30:15", "-2017-05-01", "-9999-01-01", "0000-02-29", "-0004-02-29"],
        *["2024-02-29", "2000-02-29", "2024-12-31", "9999-12-31+18:00", "2024-04-30-18:00:00"],
        *["2024-01-01-00:00"],
    ],
    "AWSTime": [
        *["12:30", "12:30Z", "12:30:24", "12:30:24-07:00", "12:30:24.500+05:30", "00:00"],
        *["23:59:59", "12:00:00.2", "12:00:00.277", "12:00:00.123456789", "12:30+00:00:01"],
    ],
    "AWSDateTime": [
        *["1970-01-01T12:00Z", "1970-01-01T12:00:00.2Z", "1970-01-01T12:00:00.123456789Z"],
        *["-2017-01-01T00:00Z", "-9999-01-01T00:00Z", "2020-01-01T00:00+00:00"],
        *["2024-02-29T23:59:59Z", "2023-11-30T11:04:03+08:00:30", "2026-01-22T17:48:30.032Z"],
        *["2021-01-26T16:44-03:30"],
    ],
    "AWSTimestamp": [
        *[0, 1, -1, 1592331111, 1684126800000, -31557014167219200, 31556889864403199],
    ],
    "AWSEmail": [
        *["username@example.com", "a@b", "first.last+tag@sub.example.co.uk", "o'neil@x.org"],
        *["1@2.io", '"two words"@example.com', '"say \\"hi\\""@example.com', '"a@b"@c.org'],
        *["a@[192.168.0.1]", "{x}|~!#$%&*/=?^_`-@example.com", "A" * 64 + "@example.com"],
        *["a@xn--bcher-kva.example"],
    ],
    "AWSURL": [
        *["https://www.amazon.com/", "https://www.amazon.com", "http://localhost/"],
        *["http://localhost", "http://localhost:3000/a?b=c#d", "http://machine:8080/x"],
        *["ftp://10.0.0.1/file", "s3://bucket", "http://[::1]:4566/x"],
        *["http://user:secret@example.com/", "http://user@example.com/", "a+b.c-1://x"],
        *["https://foo.blog/bar", "https://shop.store", "http://a.com:/", "http://a.com?q=1"],
        *["http://a.com#f"],
        *["https://b.s3.amazonaws.com/k%20.jpg?X-Amz-Credential=A%2F2026&X-Amz-Signature=0f"],
        *["http://a.com/b/../c", "http://a.com/./b/", "http://a.com/..b", "http://a.com/x/?y=//"],
        *["http://a.com/?next=http://b.com//c#//", "mailto:a@b.com", "mailto:a@b.com?subject=hi"],
        *["http://b\u00fccher.example/", "http://a.com/?q=\u00fc#\u00e9", "file:///tmp/x"],
        *["HTTPS://EXAMPLE.COM/"],
    ],
    "AWSPhone": [
        *["2025550123", "202-555-0123", "202 555 0123", "202-555 0123", "1 202 555 0123"],
        *["12025550123", "+12025550123", "+1 202-555-0123", "8005551234", "+1 876 555 1234"],
        *["5089180293", "+442071838750", "+44 20 7183 8750", "+61483911111", "+61494311111"],
        *["+49 30 123456", "+4989123", "+352 27 12 34 56", "+800 1234 5678", "+7 495 123-45-67"],
        *["+290 22222", "+39 06 1234 5678"],
    ],
    "AWSIPAddress": [
        *["123.12.34.56", "123.45.67.89/16", "0.0.0.1", "255.255.255.255/32", "10.0.0.0/0"],
        *["1a2b:3c4b::1234:4567", "::1", "::", "2001:DB8::/32", "fe80::1/128", "1:2:3:4:5:6:7:8"],
    ],
}

REFUSED: dict[str, list[Any]] = {
    "AWSDate": [
        *["", "1970", "1970-1-1", "70-01-01", "1970-13-01", "1970-00-01", "1970-01-00"],
        *["1970-01-32", "2023-02-29", "1900-02-29", "2024-02-30", "2024-04-31", "-2023-02-29"],
        *["-0000-01-01", "-0100-02-29", "2019-12-24T04:15:57.798Z", "1970-01-01z", "1970-01-01 Z"],
        *[" 1970-01-01", "1970-01-01\n", "1970-01-01+5:30", "1970-01-01+0530", "1970-01-01+05"],
        *["1970-01-01+05:60", "1970-01-01+18:01", "1970-01-01+19:00", "+1970-01-01", "12345-01-01"],
        *["19700101", "1970/01/01", "\u0661\u0669\u0667\u0660-\u0660\u0661-\u0660\u0661", 19700101],
        *[True, 1.5, {"day": 1}, ["1970-01-01"]],
    ],
    "AWSTime": [
        *["", "12", "1:30", "12:3", "24:00", "12:60", "12:00:60", "12:00:00."],
        *["12:00:00.1234567890", "12:00.5", "12:30+7:00", "12:30+0700", "12:30z", "T12:30"],
        *["12:30 Z", "12:30:24,500", 1230, False],
    ],
    "AWSDateTime": [
        *["", "2019", "1970-01-01", "1970-01-01T12:00", "2026-05-06T00:00:00.000"],
        *["1970-01-01T12:00:00", "2020-05-23T06:4:37.000Z", "2020-05-19T11:5:29.000Z"],
        *["1970-01-01 12:00Z", "1970-01-01t12:00Z", "2023-11-30T11:04:03+0800"],
        *["2023-11-30T11:04:03+08", "2024-05-12T07:49:46+0000", "2023-02-29T00:00Z"],
        *["1970-01-01T12:00:00.1234567890Z", "1970-01-01T24:00Z", "None", 0, True],
    ],
    "AWSTimestamp": [
        *[True, False, 1.0, 1.6841268e12, "0", "1592331111", "2026-01-22T17:48:30.032Z"],
        *[Decimal(1), -31557014167219201, 31556889864403200, [0], {"seconds": 0}],
    ],
    "AWSEmail": [
        *["", "a", "@", "a@", "@b", "a@b@c.org", "a..b@c.org", ".a@c.org", "a.@c.org", "a b@c.org"],
        *["a@b c.org", "a@-b.org", "a@b-.org", "a@b..org", "a@b.org.", "a@.org", "a@b_c.org"],
        *["a@1.2.3.4", "a@[1.2.3]", "Ann <a@b.org>", "<a@b.org>", "a@b.org (Ann)", "a,b@c.org"],
        *['a"b"@c.org', '"a@b.org', "a\\@b@c.org", "\u00e9@b.org", "a@b\u00fc.org", "a@b.org\n"],
        *[" a@b.org", "A" * 65 + "@b.org", "a@" + "b" * 64 + ".org", "a@" + "b." * 127 + "org"],
        *["a@[::1]", 5, None],
    ],
    "AWSURL": [
        *["", "amazon.com", "www.amazon.com", "/a/b", "//a.com/b", "http:", "http:/", "http://"],
        *["http:///x", "http://a.com//b", "http://a.com/b//c", "http://a.com/b//"],
        *["localhost:3000/x", "a.com:80/b", "urn:x:y", "http://a b.com/", "http://a.com/b c"],
        *["http://a.com/?b c", "http://a.com/%zz", "http://a.com/%2", "http://a_b.com/"],
        *["http://-a.com/", "http://a..com/", "http://1.2.3/", "http://256.1.1.1/", "http://[::1/"],
        *["http://[fe80::1%25eth0]/", "http://[1.2.3.4]/", "http://::1/", "http://a.com:65536/"],
        *["http://a.com:x/", "http://a@b@c.com/", "http://:secret@a.com/", "http://u:v:w@a.com/"],
        *["http://@a.com/", "http://\u3002/", "http://a.com/../b", "http://a.com/b/../../c"],
        *["http://a.com/..", "http://a.com/\u00fc", "1a://b.com/", "http://a.com/<b>"],
        *["http://a.com/b|c", "http://a.com/?{}", "http://a.com/#b#c", "http://a.com/\n"],
        *[
            "http://a.com/?\ud800",
            "http://" + "\u00fc" * 300 + ".com/",
            "mailto:",
            "mailto:nobody",
            "http:a@b.com",
            80,
        ],
        *[{"url": "http://a.b"}],
    ],
    "AWSPhone": [
        *["", "1110004444", "575-111-1111", "6781982162", "+13451112222", "+12312", "555-555-5555"],
        *["+15555550100", "202555012", "20255501234", "22025550123", "202-155-0123", "7102345678"],
        *["061483911111", "+1", "(202) 555-0123", "202.555.0123", "202/555/0123", "202-555-0123x9"],
        *["1-800-FLOWERS", "tel:+12025550123", "+", "+-12025550123", "++12025550123"],
        *["-2025550123", "2025550123-", " 2025550123", "2025550123\n", "+999123456", "+4420718"],
        *["+44207183875012", "+61 4839", "+33123"],
        *["\u0662\u0660\u0662\u0665\u0665\u0665\u0660\u0661\u0662\u0663", 2025550123],
    ],
    "AWSIPAddress": [
        *["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4/", "1.2.3.4/33"],
        *["1.2.3.4/016", "1.2.3.4/-1", "1.2.3.4/255.255.0.0", "1.2.3.4/8/8", "[::1]", "::1/129"],
        *[":::", "1::2::3", "12345::", "fe80::1%eth0", "::ffff:192.168.86.27", "localhost"],
        *[" 1.2.3.4", "1.2.3.4\n", "\u0661.\u0662.\u0663.\u0664", "::1/\u0661", 16909060, None],
    ],
}

NOUNS = {
    "AWSDate": "date",
    "AWSTime": "time",
    "AWSDateTime": "DateTime Object",
    "AWSTimestamp": "timestamp",
    "AWSEmail": "email address",
    "AWSURL": "URL",
    "AWSPhone": "phone number",
    "AWSIPAddress": "IP address",
}


def pairs(table: dict[str, list[Any]]) -> list[tuple[str, Any]]:
    return [(name, value) for name, values in table.items() for value in values]


def whole_offsets() -> st.SearchStrategy[timezone]:
    limit = int(timedelta(hours=18).total_seconds())
    return st.integers(-limit, limit).map(lambda seconds: timezone(timedelta(seconds=seconds)))


def accepts(name: str, value: Any) -> bool:
    try:
        SCALARS[name].parse(value)
    except ValueError:
        return False
    return True


def test_every_aws_scalar_is_here_under_its_own_name() -> None:
    assert {name: scalar.name for name, scalar in SCALARS.items()} == {
        name: name for name in [*NOUNS, "AWSJSON"]
    }
    assert {name: scalar.noun for name, scalar in SCALARS.items()} == NOUNS | {"AWSJSON": "JSON"}


@pytest.mark.parametrize(("name", "value"), pairs(ACCEPTED))
def test_accepted_value_passes_unchanged_both_ways(name: str, value: Any) -> None:
    assert SCALARS[name].parse(value) is value
    assert SCALARS[name].serialize(value) is value


@pytest.mark.parametrize(("name", "value"), pairs(REFUSED))
def test_refused_value_raises_in_appsyncs_words(name: str, value: Any) -> None:
    tail = f"`{shown(value)}` as a valid {NOUNS[name]}."
    with pytest.raises(ValueError) as parsing:
        SCALARS[name].parse(value)
    assert str(parsing.value) == f"Unable to parse {tail}"
    with pytest.raises(ValueError) as serializing:
        SCALARS[name].serialize(value)
    assert str(serializing.value) == f"Unable to serialize {tail}"


OBSERVED = [
    ("AWSPhone", "1110004444", "Unable to parse `1110004444` as a valid phone number."),
    ("AWSDateTime", "2019", "Unable to parse `2019` as a valid DateTime Object."),
    ("AWSDateTime", {"a": {"b": 1}}, "Unable to parse `{a={b=1}}` as a valid DateTime Object."),
    ("AWSJSON", [], "Unable to parse [] as valid JSON."),
    ("AWSJSON", {"k": "hi", "n": {"t": True}}, "Unable to parse {k=hi, n={t=true}} as valid JSON."),
    ("AWSJSON", None, "Unable to parse null as valid JSON."),
]


@pytest.mark.parametrize(("name", "value", "message"), OBSERVED)
def test_messages_are_those_seen_on_aws(name: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError) as refusal:
        SCALARS[name].parse(value)
    assert str(refusal.value) == message


JAVA = [
    (1684126800000.0, "1.6841268E12"),
    (10000000.0, "1.0E7"),
    (0.0001, "1.0E-4"),
    (-2.5e-8, "-2.5E-8"),
    (9999999.0, "9999999.0"),
    (0.001, "0.001"),
    (0.0, "0.0"),
    ([1, "a", None, True, [2.5], {}], "[1, a, null, true, [2.5], {}]"),
]


@pytest.mark.parametrize(("value", "printed"), JAVA)
def test_values_print_as_java_prints_them(value: Any, printed: str) -> None:
    assert shown(value) == printed


def test_value_nested_beyond_reason_is_refused_without_its_text() -> None:
    deep: list[Any] = []
    for _ in range(sys.getrecursionlimit()):
        deep = [deep]
    with pytest.raises(ValueError, match="Unable to parse `…` as a valid date"):
        SCALARS["AWSDate"].parse(deep)


JSON_IN = [
    ('{"upvotes": 10}', {"upvotes": 10}),
    ("[1,2,3]", [1, 2, 3]),
    ('"AWSJSON example string"', "AWSJSON example string"),
    ("1", 1),
    ("true", True),
    ("null", None),
    (' {"a": [1.5, "\\u00fc"]}\n', {"a": [1.5, "ü"]}),
]


@pytest.mark.parametrize(("text", "value"), JSON_IN)
def test_json_argument_is_read(text: str, value: Any) -> None:
    assert SCALARS["AWSJSON"].parse(text) == value


NO_JSON = [
    *["", "{a: 1}", "{'a': 1}", "Unquoted string", "1 2", "[1,]", "NaN", "[Infinity]", "-Infinity"],
    *["1e999", "01", '"\n"', "\ufeff1", "[" * 100_000, "9" * 5000],
    *[1, 1.5, True, {"a": 1}],
]


@pytest.mark.parametrize("value", NO_JSON)
def test_json_argument_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(ValueError) as refusal:
        SCALARS["AWSJSON"].parse(value)
    assert str(refusal.value) == f"Unable to parse {shown(value)} as valid JSON."


JSON_OUT = [
    ({"msg": "hello world!"}, '{"msg":"hello world!"}'),
    ([1, 2.5, None, True, "ü"], '[1,2.5,null,true,"ü"]'),
    ('{"a": 1}', '{"a":1}'),
    ('"quoted"', '"quoted"'),
    ("5", "5"),
    ("abc", '"abc"'),
    ("", '""'),
    ("1e999", '"1e999"'),
    (False, "false"),
]


@pytest.mark.parametrize(("value", "text"), JSON_OUT)
def test_json_field_is_written_compactly(value: Any, text: str) -> None:
    assert SCALARS["AWSJSON"].serialize(value) == text


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {1, 2}, Decimal("1.5"), {(1,): 2}])
def test_json_field_beyond_json_is_refused(value: Any) -> None:
    with pytest.raises(ValueError) as refusal:
        SCALARS["AWSJSON"].serialize(value)
    assert str(refusal.value) == f"Unable to serialize {shown(value)} as valid JSON."


@given(st.datetimes(timezones=whole_offsets()))
def test_any_moment_in_isoformat_is_a_date_time(moment: datetime) -> None:
    assert SCALARS["AWSDateTime"].parse(moment.isoformat()) == moment.isoformat()
    assert SCALARS["AWSDate"].parse(moment.date().isoformat()) == moment.date().isoformat()


@given(st.times(timezones=whole_offsets() | st.none()))
def test_any_time_in_isoformat_is_a_time(moment: time) -> None:
    assert SCALARS["AWSTime"].parse(moment.isoformat()) == moment.isoformat()


@given(st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32))
def test_dates_are_those_of_the_calendar(year: int, month: int, day: int) -> None:
    # Python has no year 0; its calendar repeats every 400 years.
    try:
        exists = bool(datetime(year or 400, month, day, tzinfo=UTC))
    except ValueError:
        exists = False
    assert accepts("AWSDate", f"{year:04}-{month:02}-{day:02}") is exists


@given(st.ip_addresses().map(str), st.integers(0, 140))
def test_ip_addresses_take_a_prefix_length_of_their_size(address: str, length: int) -> None:
    assert accepts("AWSIPAddress", address)
    longest = 128 if ":" in address else 32
    assert accepts("AWSIPAddress", f"{address}/{length}") is (length <= longest)


DATE_LIKE = st.text("0123456789-+:.TZ ", max_size=40)
URL_LIKE = st.text('ab:/?#[]@.%2 -"\\+1', max_size=60)


@given(st.sampled_from(sorted(SCALARS)), st.text() | DATE_LIKE | URL_LIKE)
def test_any_text_passes_both_ways_or_is_refused(name: str, text: str) -> None:
    try:
        value = SCALARS[name].parse(text)
    except ValueError:
        return
    again = SCALARS[name].serialize(value)
    assert again == text if name != "AWSJSON" else isinstance(again, str)


FINITE = st.floats(allow_nan=False, allow_infinity=False)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON_VALUES)
def test_json_makes_the_round_trip_compactly(value: Any) -> None:
    text = SCALARS["AWSJSON"].serialize([value])
    assert text == json.dumps([value], ensure_ascii=False, separators=(",", ":"))
    assert SCALARS["AWSJSON"].parse(text) == [value]
    assert SCALARS["AWSJSON"].serialize(text) == text


HOSTILE = [
    *["1" * 50_000, "1 -" * 20_000, "+1" + "- " * 30_000, "1:" * 30_000, "[" * 50_000],
    *["a." * 30_000 + "@", "a@" + "b-" * 30_000, '"' + "\\" * 50_000, "http://" + "a." * 30_000],
    *["http://" + "a:" * 30_000 + "@b", "http://" + "ü." * 20_000, "http://a?" + "%" * 50_000],
    *["http://a/" + "%2" * 30_000, "http://a/" + "../" * 20_000],
]


@pytest.mark.parametrize("name", sorted(SCALARS))
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_refused_at_once(name: str, text: str) -> None:
    assert not accepts(name, text)


def test_import_brings_nothing_heavy() -> None:
    command = [
        sys.executable,
        "-c",
        "import sys; import resolvers.shared.scalars; print(*sys.modules)",
    ]
    modules = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert not {"boto3", "graphql", "aws_lambda_powertools", "urllib.parse"} & set(modules)
