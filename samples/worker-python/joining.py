"""How a worker becomes known to a service that asks for certificates: by a join token, once.

The key, the certificate and the service's authority lie in one file; until the worker has joined, only the key does. The key is on
disk before the service hears of it: a token counts for one key, so a worker that did not get the answer must ask again with the
same one.
"""

import base64
import hashlib
import os
import ssl

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import node_service_pb2 as pb

# Every server certificate of the service has this name, whatever its address.
SERVER_NAME = "silo.orleanstasks.internal"


class Identity:
    def __init__(self, file):
        self.file, self.certificates = file, []
        if os.path.exists(file):
            with open(file, "rb") as stored:
                text = stored.read()
            self.key = serialization.load_pem_private_key(text, None)
            self.certificates = [b"-----BEGIN CERTIFICATE" + part for part in text.split(b"-----BEGIN CERTIFICATE")[1:]]
        else:
            self.key = ec.generate_private_key(ec.SECP256R1())
            self.save()

    @property
    def instance(self):
        """The certificate is for one instance of the node; here that is whoever has the key."""
        public = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(public).hexdigest()[:32]

    def channel(self, master):
        """Trusts the service's own authority and no other, and shows the worker's certificate."""
        own, authority = self.certificates
        return _channel(master, grpc.ssl_channel_credentials(authority, self.key_text(), own))

    def join(self, master, name, token):
        """Joins, unless it has. A token is otj_SECRET.HASH, where HASH is the SHA-256 of the service's authority."""
        if self.certificates:
            return
        secret, _, expected = token.strip().removeprefix("otj_").partition(".")
        if not secret or not expected:
            raise SystemExit("the join token is not otj_SECRET.HASH")
        # This library cannot talk to a server that it does not trust. So it trusts the one certificate that is shown, for the one call
        # that tells nothing.
        host, _, port = master.rpartition(":")
        shown = ssl.get_server_certificate((host.strip("[]"), int(port)), timeout=10).encode()
        with _channel(master, grpc.ssl_channel_credentials(shown)) as stranger:
            authority = _method(stranger, "Authority", pb.AuthorityRequest, pb.AuthorityAnswer)(pb.AuthorityRequest(), timeout=10)
        hash_of_it = hashlib.sha256(authority.certificate).digest()
        if base64.urlsafe_b64encode(hash_of_it).decode().rstrip("=") != expected:
            raise SystemExit(f"{master} is not of the service that the join token is for")
        trusted = _pem(authority.certificate)
        request = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(self.key, hashes.SHA256())
        with _channel(master, grpc.ssl_channel_credentials(trusted)) as service:
            answer = _method(service, "Join", pb.JoinRequest, pb.JoinAnswer)(pb.JoinRequest(
                node_id=name, instance=self.instance, secret=secret,
                certificate_request=request.public_bytes(serialization.Encoding.DER)), timeout=10)
        self.certificates = [_pem(answer.certificate), trusted]
        self.save()

    def key_text(self):
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

    def save(self):
        # A file that is written in place could be left half written.
        with open(os.open(self.file + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as whole:
            whole.write(self.key_text() + b"".join(self.certificates))
            whole.flush()
            os.fsync(whole.fileno())
        os.replace(self.file + ".new", self.file)


def _channel(master, credentials):
    return grpc.secure_channel(master, credentials, [("grpc.ssl_target_name_override", SERVER_NAME)])


def _method(channel, name, request, answer):
    return channel.unary_unary(
        "/orleanstasks.v1.NodeService/" + name, request_serializer=request.SerializeToString,
        response_deserializer=answer.FromString)


def _pem(der):
    return x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)
