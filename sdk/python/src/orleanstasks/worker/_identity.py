"""The worker's certificate, for a service that asks for one.

The key, the certificate, the service's authority and a hash of the token are in one file of the data folder. Until the
worker has joined, the file has only the key. The key is on disk before the service learns of it: a token counts for one
key, so a worker that did not receive the answer must ask again with the same one.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import os
import ssl
from collections.abc import Sequence
from typing import Any

import grpc

from . import node_service_pb2 as pb

#: The name in the certificate of every server of the service, whatever its address.
SERVER_NAME = "silo.orleanstasks.internal"
_BEGIN = b"-----BEGIN CERTIFICATE"
_ORIGIN = b"joined by token "
_DAMAGED = "the file identity.pem is damaged: delete it, and join again"
OPTIONS = [("grpc.max_receive_message_length", 16 * 1024 * 1024), ("grpc.use_local_subchannel_pool", 1)]


class IdentityRefused(Exception):
    """The worker has no certificate and needs one, the service refuses it, or the token is for another service."""


class Identity:
    def __init__(self, folder: str, instance: str) -> None:
        self._file, self._instance = os.path.join(folder, "identity.pem"), instance
        self._certificates: list[bytes] = []
        #: The SHA-256 of the secret of the token with which the worker joined.
        self._origin = ""
        self._key: Any = None
        #: The key of the next certificate, once that was asked for.
        self._next_key: Any = None
        if os.path.exists(self._file):
            from cryptography.hazmat.primitives import serialization
            with open(self._file, "rb") as stored:
                text = stored.read()
            if text.startswith(_ORIGIN):
                line, _, text = text.partition(b"\n")
                self._origin = line.removeprefix(_ORIGIN).decode()
            self._key = serialization.load_pem_private_key(text, None)
            self._certificates = [_BEGIN + part for part in text.split(_BEGIN)[1:]]
            if len(self._certificates) not in (0, 2):
                raise IdentityRefused(_DAMAGED)

    def check(self, masters: Sequence[str]) -> None:
        """Raises IdentityRefused if the worker cannot work without a join token."""
        if self._certificates:
            if self._remaining() <= datetime.timedelta():
                raise IdentityRefused("the worker's certificate has expired. Set OTASK_JOIN_TOKEN to a new token, which 'otask node token' prints.")
            return
        for master in masters:
            host = master.rpartition(":")[0].strip("[]")
            if host not in ("localhost", "::1") and not host.startswith("127."):
                raise IdentityRefused(f"{master} is another machine, where a worker needs a certificate. Set OTASK_JOIN_TOKEN to a token, "
                                      "which 'otask node token' prints.")

    def channel(self, master: str) -> grpc.Channel:
        """Trusts the service's own authority and no other, and shows the certificate. Plain if there is none."""
        if not self._certificates:
            return grpc.insecure_channel(master, OPTIONS)
        own, authority = self._certificates
        return _secure(master, grpc.ssl_channel_credentials(authority, self._key_text(), own))

    def join(self, master: str, name: str, token: str) -> None:
        """Joins, unless the worker has already joined with this token.

        A token is otj_SECRET.HASH, where HASH is the SHA-256 of the service's authority.
        """
        secret, _, expected = token.strip().removeprefix("otj_").partition(".")
        if not secret or not expected:
            raise IdentityRefused("the join token is not otj_SECRET.HASH")
        origin = hashlib.sha256(secret.encode()).hexdigest()
        if self._certificates and self._origin == origin and self._remaining() > datetime.timedelta():
            return
        if self._key is None:
            self._key = _new_key()
            self._save()
        # gRPC cannot talk to a server that it does not trust. So trust the certificate that is shown, for one call only,
        # whose answer is compared with the token.
        host, _, port = master.rpartition(":")
        shown = ssl.get_server_certificate((host.strip("[]"), int(port)), timeout=10).encode()
        with _secure(master, grpc.ssl_channel_credentials(shown)) as stranger:
            authority = _call(stranger, "Authority", pb.AuthorityRequest, pb.AuthorityAnswer)(pb.AuthorityRequest(), timeout=10)
        hash_of_it = hashlib.sha256(authority.certificate).digest()
        if base64.urlsafe_b64encode(hash_of_it).decode().rstrip("=") != expected:
            raise IdentityRefused(f"{master} is not of the service that the join token is for")
        trusted = _pem(authority.certificate)
        with _secure(master, grpc.ssl_channel_credentials(trusted)) as service:
            answer = _call(service, "Join", pb.JoinRequest, pb.JoinAnswer)(pb.JoinRequest(
                node_id=name, instance=self._instance, secret=secret, certificate_request=_request(self._key)), timeout=10)
        self._certificates, self._origin = [_pem(answer.certificate), trusted], origin
        self._save()

    def renewal(self) -> bytes:
        """A request for the next certificate, which has its own key, if a third of the present one's life is left; else nothing."""
        if not self._certificates or self._remaining() >= datetime.timedelta(days=10):
            return b""
        self._next_key = _new_key()
        return _request(self._next_key)

    def renew(self, certificate: bytes) -> None:
        """Takes the next certificate, unless it is for another key than the last request. Connections that are opened from now on show it."""
        from cryptography import x509
        key, self._next_key = self._next_key, None
        if key is None or _public(x509.load_der_x509_certificate(certificate).public_key()) != _public(key.public_key()):
            return
        self._key, self._certificates[0] = key, _pem(certificate)
        self._save()

    def _remaining(self) -> datetime.timedelta:
        from cryptography import x509
        certificate = x509.load_pem_x509_certificate(self._certificates[0])
        # Older versions of the library have only the time without its zone.
        ends: datetime.datetime = (getattr(certificate, "not_valid_after_utc", None)
                                   or certificate.not_valid_after.replace(tzinfo=datetime.timezone.utc))
        return ends - datetime.datetime.now(datetime.timezone.utc)

    def _key_text(self) -> bytes:
        from cryptography.hazmat.primitives import serialization
        text: bytes = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return text

    def _save(self) -> None:
        # A file that is written in place could be left half written.
        with open(os.open(self._file + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as whole:
            if self._origin:
                whole.write(_ORIGIN + self._origin.encode() + b"\n")
            whole.write(self._key_text() + b"".join(self._certificates))
            whole.flush()
            os.fsync(whole.fileno())
        os.replace(self._file + ".new", self._file)


def _secure(master: str, credentials: grpc.ChannelCredentials) -> grpc.Channel:
    return grpc.secure_channel(master, credentials, [*OPTIONS, ("grpc.ssl_target_name_override", SERVER_NAME)])


def _call(channel: grpc.Channel, name: str, request: Any, answer: Any) -> Any:
    return channel.unary_unary(
        "/orleanstasks.v1.NodeService/" + name, request_serializer=request.SerializeToString, response_deserializer=answer.FromString)


def _new_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec
    return ec.generate_private_key(ec.SECP256R1())


def _request(key: Any) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    request = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.DER)


def _public(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization
    text: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return text


def _pem(der: bytes) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    text: bytes = x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)
    return text
