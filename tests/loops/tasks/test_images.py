"""A pushed image is looked for in a real registry over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from reifierd.documents.model import SectionKind, Step
from reifierd.documents.task_model import Task
from reifierd.loops.tasks.blockers import Work
from reifierd.loops.tasks.images import Image, image_in, images_of, verify_images
from reifierd.shell import Context, read

HAS = {"/v2/shop/api/manifests/0.1.18": "sha256:" + "a" * 64, "/v2/private/manifests/1": "sha256:" + "b" * 64}


class Registry(BaseHTTPRequestHandler):
    """As much of the distribution specification as a HEAD needs; `private` wants an anonymous token."""

    server: ThreadingHTTPServer

    def do_HEAD(self) -> None:
        here = f"127.0.0.1:{self.server.server_port}"
        if "/private/" in self.path and self.headers["Authorization"] != "Bearer anonymous":
            self.send_response(401)
            self.send_header(
                "WWW-Authenticate", f'Bearer realm="http://{here}/token",service="s",scope="repository:private:pull"'
            )
        elif "/closed/" in self.path:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
        elif "/login/" in self.path:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
        elif "/plain/" in self.path:
            self.send_response(200)
            self.send_header("Content-Type", "application/vnd.oci.image.manifest.v1+json")
        elif self.path in HAS and "oci.image.index" in self.headers["Accept"]:
            self.send_response(200)
            self.send_header("Docker-Content-Digest", HAS[self.path])
        else:
            self.send_response(503 if "/ill/" in self.path else 404)
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"token": "anonymous"}' if "scope=repository%3Aprivate%3Apull" in self.path else b"{}")

    def log_message(self, *_arguments: Any) -> None:
        """Quiet."""


@pytest.fixture
def registry() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_image_that_is_there_is_proven_by_its_digest(registry: str) -> None:
    proofs, blockers = verify_images([Image(registry, "shop/api", "0.1.18")])
    assert proofs == (f"{registry}/shop/api:0.1.18 is in the registry (sha256:{'a' * 64})",)
    assert blockers == ()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("shop/web", "is not in the registry"),
        ("closed/api", "wants to know who asks"),
        ("ill/api", "the registry answers 503"),
        ("login/api", "not as a registry does"),
    ],
)
def test_one_that_cannot_be_proven_is_told_with_why(registry: str, name: str, told: str) -> None:
    proofs, [blocker] = verify_images([Image(registry, name, "0.1.18")])
    assert proofs == ()
    assert told in blocker.reason


def test_the_type_of_a_manifest_is_proof_where_no_digest_is_told(registry: str) -> None:
    assert verify_images([Image(registry, "plain/api", "1")]) == ((f"{registry}/plain/api:1 is in the registry",), ())


def test_an_anonymous_token_is_fetched_where_the_registry_says(registry: str) -> None:
    proofs, blockers = verify_images([Image(registry, "private", "1")])
    assert (len(proofs), blockers) == (1, ())


def test_a_registry_that_is_not_there_is_a_blocker() -> None:
    _, [blocker] = verify_images([Image("127.0.0.1:9", "a", "1")], limit=2)
    assert "does not answer" in blocker.reason


ENV = {"REGISTRY_URL": "localhost:5000", "VERSION": "0.1.18"}


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("api", "localhost:5000/api:0.1.18"),
        ("shop/api:2", "localhost:5000/shop/api:2"),
        ("registry.example.org/a/b:1", "registry.example.org/a/b:1"),
        ("a@sha256:" + "0" * 64, "localhost:5000/a@sha256:" + "0" * 64),
        ("docker.io/nginx:1", "docker.io/library/nginx:1"),
    ],
)
def test_a_name_is_completed_by_the_environment(text: str, image: str) -> None:
    assert str(image_in(text, ENV)) == image


@pytest.mark.parametrize("text", ["", "UPPER", "a b", "api:ta g", "../x", "-rf", "a@sha256:1", "a/../b:1"])
def test_what_is_no_name_is_told(text: str) -> None:
    assert isinstance(image_in(text, ENV), str)


def test_a_registry_url_may_have_a_scheme_and_a_path() -> None:
    assert (
        str(image_in("api", {**ENV, "REGISTRY_URL": "https://r.example.org/team/"})) == "r.example.org/team/api:0.1.18"
    )
    assert str(image_in("api", {**ENV, "REGISTRY_URL": "http://127.0.0.1:5000"})) == "127.0.0.1:5000/api:0.1.18"
    assert "http only" in str(image_in("api", {**ENV, "REGISTRY_URL": "http://r.example.org"}))
    assert "REGISTRY_URL" in str(image_in("api", {}))


def work(command: str) -> Work:
    step = Step(1, SectionKind.FIX, "", command, command, 1)
    return Work(1, step, read(command, Context(cwd="/w", env=ENV)))


def test_the_images_are_the_named_ones_else_the_pushed_ones() -> None:
    named, none = images_of(
        Task(front={"images": ["${REGISTRY_URL}/api:$VERSION", "web"]}), [work("docker push x/y:1")], ENV
    )
    assert ([str(i) for i in named], none) == (["localhost:5000/api:0.1.18", "localhost:5000/web:0.1.18"], ())
    pushed, _ = images_of(
        Task(),
        [
            work('for s in api; do docker push "$REGISTRY_URL/$s:$VERSION"; done'),
            work("docker buildx build --push -t a/b:1 ."),
        ],
        ENV,
    )
    assert {str(i) for i in pushed} >= {"localhost:5000/a/b:1"}


def test_no_image_named_is_a_note() -> None:
    images, [note] = images_of(Task(), [work("make")], ENV)
    assert (images, note.blocks) == ((), False)


def test_a_wrong_name_blocks() -> None:
    images, [blocker] = images_of(Task(front={"images": ["NO"]}), [], ENV)
    assert (images, blocker.blocks) == ((), True)


def test_a_push_that_only_the_run_knows_is_told() -> None:
    images, [note] = images_of(Task(), [work("docker push a/b:1; docker push $(pick)")], ENV)
    assert ([i.name for i in images], note.blocks, "run time" in note.reason) == (["a/b"], False, True)
