"""Certificates: those of an authority that may vouch for this machine alone, and of its server."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LIFE = timedelta(days=3650)
SERVER_LIFE = timedelta(days=397)  # Apple's systems refuse more than 825 days
RENEWED_BEFORE = timedelta(days=30)
CLOCK_SKEW = timedelta(days=1)
NAMES = [
    x509.DNSName("localhost"),
    x509.IPAddress(ip_address("127.0.0.1")),
    x509.IPAddress(ip_address("::1")),
]
# Whoever trusts the authority trusts it for this much, even if somebody steals its key.
VOUCHED_FOR = [
    x509.DNSName("localhost"),
    x509.IPAddress(ip_network("127.0.0.0/8")),
    x509.IPAddress(ip_network("::1/128")),
]


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey

    @property
    def last_use(self) -> datetime:
        """Tell when to replace it."""
        return self.certificate.not_valid_after_utc - RENEWED_BEFORE

    @property
    def certificate_pem(self) -> bytes:
        """Write the certificate as text."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """Write the key as text."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def signed(self, other: "Pair") -> bool:
        """Tell whether this is the pair that the other was signed with."""
        try:
            other.certificate.verify_directly_issued_by(self.certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True


def read(certificate: bytes, key: bytes) -> Pair:
    """Read a pair; raises ValueError where the two are not one."""
    pair = Pair(x509.load_pem_x509_certificate(certificate), _read_key(key))
    if pair.certificate.public_key() != pair.key.public_key():
        raise ValueError("the key is not the certificate's")
    return pair


def _read_key(pem: bytes) -> EllipticCurvePrivateKey:
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise ValueError("the key is of another kind")
    return key


def make_authority(name: str, now: datetime) -> Pair:
    """Make an authority that signs itself."""
    key = generate_private_key(SECP256R1())
    subject = _name(name)
    builder = _builder(subject, key, now, AUTHORITY_LIFE)
    builder = builder.add_extension(x509.BasicConstraints(True, 0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    builder = builder.add_extension(x509.NameConstraints(VOUCHED_FOR, None), critical=True)
    return Pair(builder.issuer_name(subject).sign(key, SHA256()), key)


def make_server(authority: Pair, now: datetime) -> Pair:
    """Make the certificate of a server on this machine."""
    key = generate_private_key(SECP256R1())
    signer = authority.certificate
    known_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = _builder(_name("localhost"), key, now, SERVER_LIFE).issuer_name(signer.subject)
    builder = builder.add_extension(x509.SubjectAlternativeName(NAMES), critical=False)
    builder = builder.add_extension(known_by, critical=False)
    builder = builder.add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    serves = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return Pair(builder.add_extension(serves, critical=False).sign(authority.key, SHA256()), key)


def _builder(
    subject: x509.Name, key: EllipticCurvePrivateKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _name(common: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Twinberry (local development)")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
