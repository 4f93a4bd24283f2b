"""Email addresses, URLs and IP addresses, as AppSync's Java libraries judge them.

Its URL rules are those of Apache's commons-validator with all schemes and local hosts allowed. The
list of top-level domains in there, which changes with the years, is left out.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
LONGEST_DOMAIN = 253

WORD = r"""(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+|"(?:[ !#-\[\]-~]|\\[ -~])*")"""
LOCAL_PART = re.compile(rf"{WORD}(?:\.{WORD})*")
LONGEST_LOCAL_PART = 64

URL = re.compile(
    r"([A-Za-z][A-Za-z0-9+.-]*):(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL
)
ESCAPE = "%[0-9A-Fa-f]{2}"
NAME = rf"(?:[A-Za-z0-9._~!$&'()*+,;=-]|{ESCAPE})"
USER = re.compile(f"{NAME}+(?::{NAME}*)?")
HOST_AND_PORT = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{0,5}))?")
LAST_PORT = 65535
PATH = re.compile(rf"(?:/(?:[A-Za-z0-9_:@&=+,.!~*'$;()/-]|{ESCAPE})*)?")
QUERY = re.compile(rf"(?:[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=-]|{ESCAPE}|[^\x00-\x9f\s\ud800-\udfff])*")

PREFIX_LENGTH = re.compile("0|[1-9][0-9]{0,2}")


def is_email(text: str) -> bool:
    """Tell whether a text is `local@domain` as in RFC 822, without a display name or comments."""
    local, at, domain = text.rpartition("@")
    if not at or len(local) > LONGEST_LOCAL_PART or LOCAL_PART.fullmatch(local) is None:
        return False
    if domain.startswith("[") and domain.endswith("]"):
        return isinstance(_address(domain[1:-1]), IPv4Address)
    return _is_domain(domain)


def is_url(text: str) -> bool:
    """Tell whether a text is a URL: any scheme, any host, no `//` in its path; or a `mailto:`."""
    match = URL.fullmatch(text)
    if match is None:
        return False
    scheme, authority, path, query, fragment = match.groups()
    if not QUERY.fullmatch(query or "") or not QUERY.fullmatch(fragment or ""):
        return False
    if authority is None:
        # commons-validator refuses these all; AWS's documents name `mailto` as a scheme.
        return scheme.lower() == "mailto" and is_email(path)
    return _is_path(path) and _is_authority(scheme, authority)


def is_ip_address(text: str) -> bool:
    """Tell whether a text is an IPv4 or a bare IPv6 address, perhaps with a prefix length."""
    host, slash, length = text.partition("/")
    address = _address(host)
    if address is None or not slash:
        return address is not None
    return bool(PREFIX_LENGTH.fullmatch(length)) and int(length) <= address.max_prefixlen


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # AWS's documents want colons alone: neither ::ffff:1.2.3.4 (reported refused) nor fe80::1%eth0.
    foreign = isinstance(address, IPv6Address) and bool(set(".%") & set(text))
    return None if foreign else address


def _is_authority(scheme: str, authority: str) -> bool:
    if not authority:
        return scheme == "file"
    user, at, place = authority.rpartition("@")
    match = HOST_AND_PORT.fullmatch(place)
    if match is None or (at and USER.fullmatch(user) is None):
        return False
    host, port = match.groups()
    return int(port or 0) <= LAST_PORT and _is_host(host)


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return isinstance(_address(host[1:-1]), IPv6Address)
    return _is_domain(_ascii(host)) or isinstance(_address(host), IPv4Address)


def _ascii(host: str) -> str:
    if host.isascii() or len(host) > LONGEST_DOMAIN:
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return ""


def _is_domain(name: str) -> bool:
    labels = name.split(".")
    if len(name) > LONGEST_DOMAIN or not all(map(LABEL.fullmatch, labels)):
        return False
    return len(labels) == 1 or labels[-1][0].isalpha()


def _is_path(path: str) -> bool:
    return PATH.fullmatch(path) is not None and "//" not in path and not _climbs_out(path)


def _climbs_out(path: str) -> bool:
    depth = 0
    for step in path.split("/"):
        depth += {"..": -1, ".": 0, "": 0}.get(step, 1)
        if depth < 0:
            return True
    return False
