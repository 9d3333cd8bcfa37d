"""The files of certificates: what is wrong with them is said, what changes is taken."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from conftest import eventually
from services import Certificates
from tls_client import TlsWire, bind, context


# --- At the start ---


def refusal(greenroom, app, address: str) -> str:
    done = greenroom("serve", "--workers", "1", "--bind", address, app)
    assert done.returncode == 2
    return done.stderr


@pytest.fixture
def files(certificates, tmp_path) -> Certificates:
    """Copies, to be changed."""
    for name in ("certificate", "key"):
        shutil.copy(getattr(certificates, name), tmp_path / f"{name}.pem")
    return Certificates(certificates.ca, tmp_path / "certificate.pem", tmp_path / "key.pem")


def test_a_file_that_is_missing_is_named(greenroom, app, files):
    files.key.unlink()
    assert f"cannot read {files.key}: No such file" in refusal(greenroom, app, bind(files))


def test_a_key_of_another_certificate_is_refused(greenroom, app, files, authority):
    other = authority.issue("stranger", "DNS:stranger.example")
    pair = Certificates(files.ca, files.certificate, other.key)
    said = refusal(greenroom, app, bind(pair))
    assert f"the key {other.key} is not that of the certificate {files.certificate}" in said


def test_a_file_without_a_certificate_is_refused(greenroom, app, files):
    files.certificate.write_text("nothing\n")
    said = refusal(greenroom, app, bind(files))
    assert f"there is no certificate in {files.certificate}" in said


def test_a_file_without_a_key_is_refused(greenroom, app, files):
    files.key.write_text("nothing\n")
    assert f"there is no private key in {files.key}" in refusal(greenroom, app, bind(files))


def test_a_key_that_is_encrypted_is_refused_and_nobody_is_asked(greenroom, app, files):
    plain = files.key.rename(files.key.with_suffix(".plain"))
    subprocess.run(
        ["openssl", "pkey", "-aes256", "-passout", "pass:x", "-in", plain, "-out", files.key],
        check=True,
    )
    assert f"the key {files.key} is encrypted" in refusal(greenroom, app, bind(files))


def test_a_damaged_certificate_is_refused(greenroom, app, files):
    text = files.certificate.read_text()
    files.certificate.write_text(text[:100] + text[300:])
    said = refusal(greenroom, app, bind(files))
    assert f"cannot read the certificate {files.certificate}: " in said


def test_a_damaged_certificate_of_the_chain_is_refused(greenroom, app, files):
    text = files.certificate.read_text()
    files.certificate.write_text(text + text[:100] + text[300:])
    said = refusal(greenroom, app, bind(files))
    assert f"cannot read the certificate {files.certificate}: " in said


def test_a_client_ca_without_certificates_is_refused(greenroom, app, files, tmp_path):
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    said = refusal(greenroom, app, bind(files, client_ca=empty))
    assert f"cannot use the certificates for clients in {empty}: " in said


def test_python_is_refused_the_same_way(greenroom, files):
    files.key.write_text("nothing\n")
    assert "there is no private key" in refusal(greenroom, "hello:app", bind(files))


def test_a_certificate_that_has_expired_is_a_warning(serve, app, files):
    subprocess.run(
        ["openssl", "x509", "-days", "-1", "-in", files.certificate, "-signkey", files.key,
         "-out", files.certificate.with_suffix(".old")],
        check=True, capture_output=True,
    )  # fmt: skip
    files.certificate.with_suffix(".old").rename(files.certificate)
    server = serve("--workers", "1", "--bind", bind(files), app)
    server.wait_for_output(f"warning greenroom: the certificate {files.certificate} has expired: ")


def test_paths_are_relative_to_where_the_server_is_started(serve, app, files):
    pair = Certificates(files.ca, Path("certificate.pem"), Path("key.pem"))
    server = serve("--workers", "1", "--bind", bind(pair), app, cwd=files.key.parent)
    with TlsWire(server.port, context=context(files.ca)) as wire:
        assert wire.ask("/").text == "hello\n"


# --- Changes ---


@pytest.fixture
def server(serve, app, files):
    return serve("--workers", "2", "--access-log", "off", "--bind", bind(files), app)


def replace(files: Certificates, new: Certificates) -> None:
    """As a careful tool does: by renaming."""
    for old, file in ((files.certificate, new.certificate), (files.key, new.key)):
        beside = old.with_suffix(".new")
        shutil.copy(file, beside)
        beside.rename(old)


def names(port: int, ca: Path) -> set[str]:
    with TlsWire(port, context=context(ca)) as wire:
        assert wire.ask("/").text == "hello\n"
        return wire.names()


def test_new_files_are_taken_for_new_connections(server, files, authority):
    with TlsWire(server.port, context=context(files.ca)) as old:
        assert old.names() == {"127.0.0.1"}
        replace(files, authority.issue("renewed", "DNS:renewed.example"))
        for worker in (0, 1):
            server.wait_for_output(rf"worker {worker}\] info greenroom: new connections get the new TLS ")
        assert names(server.port, files.ca) == {"renewed.example"}
        assert old.ask("/").text == "hello\n"


def test_files_behind_a_link_are_taken_when_it_changes(serve, app, files, authority, tmp_path):
    (tmp_path / "live").symlink_to(tmp_path)
    names_in_use = (tmp_path / "live" / file.name for file in (files.certificate, files.key))
    pair = Certificates(files.ca, *names_in_use)
    server = serve("--workers", "1", "--bind", bind(pair), app)
    renewed = tmp_path / "renewed"
    renewed.mkdir()
    new = authority.issue("linked", "DNS:linked.example")
    shutil.copy(new.certificate, renewed / "certificate.pem")
    shutil.copy(new.key, renewed / "key.pem")
    (tmp_path / "next").symlink_to(renewed)
    (tmp_path / "next").rename(tmp_path / "live")
    server.wait_for_output("new connections get the new TLS files")
    assert names(server.port, files.ca) == {"linked.example"}


def test_bad_files_leave_the_old_ones_in_use_until_there_are_good_ones(server, files, authority):
    new = authority.issue("mended", "DNS:mended.example")
    shutil.copy(new.certificate, files.certificate)
    for worker in (0, 1):
        server.wait_for_output(
            rf"worker {worker}\] error greenroom: TLS goes on with the old files, .* are no good: "
            f"the key {files.key} is not that of the certificate"
        )
    assert names(server.port, files.ca) == {"127.0.0.1"}
    shutil.copy(new.key, files.key)
    server.wait_for_output("new connections get the new TLS files")
    eventually(lambda: names(server.port, files.ca) == {"mended.example"}, "the new name")
    assert server.output().count("no good") == 2


def test_a_session_is_not_resumed_once_others_sign_for_clients(
    serve, app, files, authority, tmp_path
):
    ca = tmp_path / "client-ca.pem"
    shutil.copy(authority.ca, ca)
    server = serve("--workers", "1", "--bind", bind(files, client_ca=ca), app)
    ann = authority.issue("ann-of-old", subject="/CN=Ann")
    client = context(files.ca)
    client.load_cert_chain(ann.certificate, ann.key)
    with TlsWire(server.port, context=client) as wire:
        assert wire.ask("/client").text == "CN=Ann"
        session = wire.stream.session
    (tmp_path / "others").mkdir()
    shutil.copy(type(authority)(tmp_path / "others").establish().ca, ca)
    server.wait_for_output("new connections get the new TLS files")
    with pytest.raises(ssl.SSLError, match="UNKNOWN_CA"):
        with TlsWire(server.port, context=client, session=session) as wire:
            wire.ask("/client")
