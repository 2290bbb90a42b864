"""WO: requests to user-supplied addresses reach public hosts only, and end in time."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpcore2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from adapters.http.addresses import Policy
from adapters.http.outbound_http import PinnedOutboundHttp
from adapters.http.pinned_backend import Deadline, TimedStream
from application.webhooks.ports import Reply
from tests.support.wait_until import TIMEOUT_SECONDS
from tests.support.webhook_receiver import WebhookReceiver, respond_with, running_receiver

STRICT, LOCAL = Policy(), Policy(is_local=True)
HEADERS = {"content-type": "application/json"}


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with running_receiver() as receiver:
        yield receiver


def post(
    url: str,
    *,
    policy: Policy = LOCAL,
    names: Mapping[str, Sequence[str]] | None = None,
    seconds: float = TIMEOUT_SECONDS,
    trusted: ssl.SSLContext | None = None,
) -> Reply:
    known = names or {}
    http = PinnedOutboundHttp(
        policy, resolve=lambda host, port: known.get(host, [host]), seconds=seconds, trusted=trusted
    )
    with http.session() as session:
        return session.post(url, HEADERS, b"{}")


@contextmanager
def speaking(*parts: bytes, drip: bytes = b"") -> Iterator[str]:
    """Answer a request with these bytes, then ``drip`` until the client leaves; yield a URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def speak() -> None:
            with suppress(OSError), listener.accept()[0] as connection:
                asked = b""
                # To its end: what is left unread would break the connection off.
                while not asked.endswith(b"{}") and (came := connection.recv(65536)):
                    asked += came
                for part in parts:
                    connection.sendall(part)
                while drip:
                    connection.sendall(drip)
                    time.sleep(0.01)

        thread = threading.Thread(target=speak)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # ends accept() if no client has connected
            thread.join()


class TestAddresses:
    @pytest.mark.parametrize("policy", [STRICT, LOCAL])
    @pytest.mark.parametrize(
        "address",
        ["10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255",  # noqa: S104  refused is what they are
         "192.0.2.1", "198.18.0.1", "240.0.0.1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
         "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
         "2002:0a00:0001::1", "2001:0:4136:e378:8000:63bf:f5ff:fffe", "fec0::1", "feff::1", "3fff::1", "4000::1", "5f00::1",
         "100::1", "::7f00:2", "::ffff:0:7f00:1", "192.88.99.1"],
    )  # fmt: skip
    def test_that_are_not_open_to_everybody_are_refused(self, policy: Policy, address: str) -> None:
        assert not policy.allows(ip_address(address))

    @pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"])
    def test_of_this_machine_are_refused_but_in_development(self, address: str) -> None:
        assert not STRICT.allows(ip_address(address))
        assert LOCAL.allows(ip_address(address))

    @pytest.mark.parametrize(
        "address", ["93.184.215.14", "8.8.8.8", "2606:2800:21f::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
    )
    def test_that_are_open_to_everybody_are_allowed(self, address: str) -> None:
        assert STRICT.allows(ip_address(address))

    @pytest.mark.parametrize(
        "url",
        ["file:///etc/passwd", "gopher://example.org/", "ftp://example.org/", "http://example.org/", "https://example.org:22/",
         "https://example.org:5432/", "https://example.org:6379/", "https://example.org:8000/", "https://127.0.0.1/",
         "https://[::1]/", "https://0177.0.0.1/", "https://2130706433/", "https://127.1/", "https://0x7f000001/",
         "https://0x7f.1/", "https://0X7F.0.0.1/", "https://127.0.0.0x1/",
         "https://a.0x/", "https://127.0.0.1./", "https://[::ffff:127.0.0.1]/", "https://[::127.0.0.1]/", "https://[fec0::1]/"],
    )  # fmt: skip
    def test_of_another_kind_or_port_are_refused(self, url: str) -> None:
        """WO3."""
        assert STRICT.refusal_of_form(urlsplit(url)) is not None
        assert post(url, policy=STRICT) == Reply(None, "address_refused")

    @pytest.mark.parametrize(
        "host",
        [
            "localhost",
            "LocalHost.",
            "a.localhost",
            "a.localdomain",
            "db",
            "printer.local",
            "metadata.google.internal",
            "nas.lan",
            "git.corp",
            "box.home.arpa",
        ],
    )
    def test_names_that_are_only_known_inside_lead_nowhere(self, host: str) -> None:
        url = urlsplit(f"https://{host}/hook")

        assert STRICT.refusal_of_form(url) == "this address is not reachable from the public internet"
        assert LOCAL.refusal_of_form(url) is None
        assert STRICT.refusal_of_form(urlsplit("https://local.example/")) is None

    @pytest.mark.parametrize("port", [22, 25, 5432, 6379])
    def test_of_other_services_are_refused_in_development_too(self, port: int) -> None:
        assert post(f"http://127.0.0.1:{port}/") == Reply(None, "address_refused")


class TestNames:
    def test_that_lead_to_a_private_place_are_refused(self, receiver: WebhookReceiver) -> None:
        port = urlsplit(receiver.url).port

        for addresses in (["10.0.0.1"], ["127.0.0.1", "10.0.0.1"], ["::ffff:192.168.0.1"], []):
            reply = post(f"http://hooks.example:{port}/", names={"hooks.example": addresses})
            assert reply == Reply(None, "address_refused")
        assert post("https://hooks.example/", policy=STRICT, names={"hooks.example": ["127.0.0.1"]}).code is None
        assert receiver.received == []

    def test_are_looked_up_once_so_that_what_was_checked_is_what_is_reached(self, receiver: WebhookReceiver) -> None:
        """DNS rebinding: a second look-up would lead elsewhere."""
        port = urlsplit(receiver.url).port
        asked: list[str] = []

        def rebinding(host: str, _: int) -> list[str]:
            asked.append(host)
            return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

        with PinnedOutboundHttp(LOCAL, resolve=rebinding).session() as session:
            first = session.post(f"http://hooks.example:{port}/hooks", HEADERS, b"{}")

        assert (first, asked) == (Reply(204), ["hooks.example"])
        assert receiver.received[0].headers["host"] == f"hooks.example:{port}"
        with PinnedOutboundHttp(LOCAL, resolve=rebinding).session() as session:
            assert session.post(f"http://hooks.example:{port}/hooks", HEADERS, b"{}") == Reply(None, "address_refused")

    def test_that_nobody_can_look_up_fail_in_time(self) -> None:
        is_over = threading.Event()

        def silent(_: str, __: int) -> list[str]:
            assert is_over.wait(TIMEOUT_SECONDS)
            return []

        def unknown(_: str, __: int) -> list[str]:
            raise socket.gaierror

        with PinnedOutboundHttp(STRICT, resolve=silent, seconds=0.3).session() as session:
            assert session.post("https://hooks.example/", HEADERS, b"{}") == Reply(None, "timeout")
        is_over.set()
        with PinnedOutboundHttp(STRICT, resolve=unknown).session() as session:
            assert session.post("https://hooks.example/", HEADERS, b"{}") == Reply(None, "unreachable")


class TestAnswers:
    def test_that_redirect_are_not_followed(self, receiver: WebhookReceiver) -> None:
        """WO2."""
        with running_receiver() as other:
            for code in (301, 302, 303, 307, 308):
                receiver.answer = respond_with(code, {"location": other.url})
                assert post(receiver.url) == Reply(code, "redirected")
            assert other.received == []

    def test_that_are_too_long_are_cut_off(self) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n"
        with speaking(head, *[b"x" * 16384] * 6) as url:
            assert post(url) == Reply(200, "answer_too_long")
        with speaking(b"HTTP/1.1 200 OK\r\ncontent-length: 65536\r\n\r\n", b"x" * 65536) as url:
            assert post(url) == Reply(200)

    @pytest.mark.parametrize(
        ("head", "drip"),
        [
            (b"HTTP/1.1 200 OK\r\n", b"x-drip: 1\r\n"),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n", b"."),
        ],
        ids=["its head", "its body"],
    )
    def test_that_come_a_byte_at_a_time_and_never_end_end_in_time(self, head: bytes, drip: bytes) -> None:
        with speaking(head, drip=drip) as url:
            assert post(url, seconds=0.4) == Reply(None, "timeout")

    def test_that_are_no_http_and_no_answer_at_all(self) -> None:
        with speaking(b"220 smtp ready\r\n") as url:
            assert post(url).failure == "no_http"
        with speaking() as url:
            assert post(url).code is None
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        assert post(url) == Reply(None, "unreachable")

    def test_ask_for_time_in_seconds_or_with_a_date(self, receiver: WebhookReceiver) -> None:
        for code, value, seconds in (
            (503, "120", 120),
            (429, "Sun, 06 Nov 1994 08:49:37 GMT", 0),
            (429, "soon", None),
            (500, "120", None),
        ):
            receiver.answer = respond_with(code, {"retry-after": value})
            wait = post(receiver.url).retry_after
            assert wait == (None if seconds is None else timedelta(seconds=seconds))


class TestCertificates:
    def test_must_be_of_a_known_authority_and_for_the_name_that_was_asked(self, tmp_path: Path) -> None:
        """The connection uses the checked address; the certificate is verified for the name."""
        certificate, context = self_signed("hooks.example", tmp_path)
        trusted = ssl.create_default_context(cafile=certificate)
        names = {"hooks.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]}
        with running_receiver(context) as receiver:
            port = urlsplit(receiver.url).port
            ours, other = (f"https://{name}:{port}/hooks" for name in names)

            assert post(ours, names=names, trusted=trusted) == Reply(204)
            assert post(ours, names=names) == Reply(None, "certificate_refused")
            assert post(other, names=names, trusted=trusted) == Reply(None, "certificate_refused")
            assert len(receiver.received) == 1

    def test_that_come_too_late_close_the_connection(self) -> None:
        """The connection pool closes no stream whose TLS handshake was never started."""
        is_past = Deadline()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            stream = httpcore2.SyncBackend().connect_tcp(*listener.getsockname())

            with pytest.raises(httpcore2.ReadTimeout):
                TimedStream(stream, is_past).start_tls(ssl.create_default_context())

        assert stream.get_extra_info("socket").fileno() == -1


def self_signed(name: str, folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Return a self-signed certificate's file and the server context that uses it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    file, key_file = folder / "certificate.pem", folder / "key.pem"
    file.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key_file)
    return file, context
