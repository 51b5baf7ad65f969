"""TLS of the endpoint: a certificate that the user has, or a pair of its own for this machine."""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
from typing import TYPE_CHECKING

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.installing import install

if TYPE_CHECKING:
    from pathlib import Path

#: How long a certificate that was made here is valid.
_DAYS = 365
_NAMES = ("localhost",)
_ADDRESSES = ("127.0.0.1", "::1")


def server_context(cert: Path, key: Path | None) -> ssl.SSLContext:
    """Return the settings of a TLS server.

    Parameters
    ----------
    cert
        PEM file of the certificate, with the chain after it.
    key
        PEM file of the private key; None if it is in the certificate's file.

    Raises
    ------
    ConfigurationError
        If there is no such file, or the two do not belong together.
    """
    for name, path in (("--tls-cert", cert), ("--tls-key", key)):
        if path is not None and not path.is_file():
            raise ConfigurationError(f"{name} {str(path)!r}: there is no such file")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # A password would be asked for on the terminal, where a server has nobody to answer.
        context.load_cert_chain(cert, key, password=lambda: b"")
    except (ssl.SSLError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise ConfigurationError(
            f"the certificate {str(cert)!r} cannot be used: {reason}; --tls-cert and --tls-key take PEM files "
            "that belong together, the key without a password"
        ) from None
    return context


def make_pair(folder: Path, host: str) -> tuple[Path, Path]:
    """Make a certificate for this machine that is signed by itself, unless `folder` holds a valid one.

    Programs accept it if they are told to trust the file, as by ``SSL_CERT_FILE`` or ``NODE_EXTRA_CA_CERTS``.

    Parameters
    ----------
    folder
        Where the two files go, ``cert.pem`` and ``key.pem``; it is made if it does not exist.
    host
        Another name or address of this machine that the certificate is for.

    Returns
    -------
    tuple of Path
        The certificate and its private key, which only this user can read.

    Raises
    ------
    ConfigurationError
        If the files cannot be written, or the package that makes them is missing.
    """
    cert, key = folder / "cert.pem", folder / "key.pem"
    try:
        if not _still_valid(cert, host) or not key.is_file():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_pair(cert, key, host)
    except ImportError:
        raise ConfigurationError(
            f"making a certificate needs the package cryptography: {install('cryptography')}, or give --tls-cert"
        ) from None
    except OSError as error:
        raise ConfigurationError(f"cannot write a certificate into {str(folder)!r}: {error.strerror}") from None
    return cert, key


def _names(host: str) -> tuple[set[str], set[str]]:
    """Return the names and the addresses that a certificate is for."""
    names, addresses = set(_NAMES), set(_ADDRESSES)
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        names.add(host)
    else:
        if not address.is_unspecified:
            addresses.add(str(address))
    return names, addresses


def _still_valid(path: Path, host: str) -> bool:
    from cryptography import x509

    if not path.is_file():
        return False
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
        named = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    names, addresses = _names(host)
    tomorrow = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    return (
        found.not_valid_after_utc > tomorrow
        and names <= set(named.get_values_for_type(x509.DNSName))
        and addresses <= {str(each) for each in named.get_values_for_type(x509.IPAddress)}
    )


def _write_pair(cert: Path, key: Path, host: str) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    names, addresses = _names(host)
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "realtime-widgets on this machine")])
    now = datetime.datetime.now(datetime.UTC)
    alternatives: list[x509.GeneralName] = [x509.DNSName(each) for each in sorted(names)]
    alternatives += [x509.IPAddress(ipaddress.ip_address(each)) for each in sorted(addresses)]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(private, hashes.SHA256())
    )
    secret = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # Made for this user alone from the start, not a moment later.
    with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(secret)
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
