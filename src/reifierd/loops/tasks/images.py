"""The images of a build are in the registry afterwards: asked of the registry itself, by its HTTP API.

`HEAD /v2/NAME/manifests/TAG` (OCI distribution specification, Pulling manifests) answers 200 with the digest, or 404; a
200 that tells neither a digest nor the type of a manifest proves nothing.
A registry is asked by https; by http only on this machine itself. Where it wants a token, an anonymous one is fetched
from where it says (https only); no credential of the user is read or sent.

The images are those of the front matter (`images:`), else those that the commands push. A name without a registry is
one of REGISTRY_URL, one without a tag has VERSION.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from string import Template
from urllib.parse import quote, urlencode, urlsplit

from reifierd.documents.task_model import Task
from reifierd.loops.tasks.blockers import Blocker, Work
from reifierd.shell.model import Invocation
from reifierd.shell.options import parse_options

_ACCEPTED = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in (
        "oci.image.index.v1", "oci.image.manifest.v1", "docker.distribution.manifest.list.v2",
        "docker.distribution.manifest.v2",
    )
)  # fmt: skip
_LIMIT = 10.0  # seconds for one answer
_HERE = re.compile(r"\A(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?\Z")
_HOST = re.compile(r"\A(?:localhost|[\w-]+(?:\.[\w-]+)+|\[[0-9A-Fa-f:]+\]|[\w.-]+(?=:))(?::\d+)?\Z")
_NAME = re.compile(r"\A[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*\Z")
_TAG = re.compile(r"\A(?:[A-Za-z0-9_][\w.-]{0,127}|sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})\Z")
_HUB, _HUB_HOST = "docker.io", "registry-1.docker.io"
_PUSHERS = frozenset({"docker", "podman", "nerdctl", "buildah", "crane"})


@dataclass(frozen=True)
class Image:
    """`reference` is a tag or a digest."""

    registry: str
    name: str
    reference: str

    def __str__(self) -> str:
        return f"{self.registry}/{self.name}{'@' if ':' in self.reference else ':'}{self.reference}"


def images_of(
    task: Task, works: Iterable[Work], environment: Mapping[str, str]
) -> tuple[tuple[Image, ...], tuple[Blocker, ...]]:
    """The images to verify, and what is wrong with their names; that they cannot all be told is a note."""
    named = task.front.get("images") or []
    pushed = [] if named else list(dict.fromkeys(_pushed(works)))
    texts = [str(n) for n in (named if isinstance(named, list) else [named])] or [p for p in pushed if p]
    found, wrong = [], []
    for text in texts:
        image = image_in(Template(text).safe_substitute(environment), environment)
        if isinstance(image, Image):
            found.append(image)
        else:
            wrong.append(Blocker("image", f"{text}: {image}", "correct images in the front matter"))
    if not texts or None in pushed:
        which = "which images are pushed is only known at run time" if pushed else "no image is named"
        reason = f"{which}, so not all were looked for in the registry" if texts else f"{which}, so none was looked for"
        wrong.append(Blocker("image", reason, "write `images: [NAME]` into the front matter", blocks=False))
    return tuple(dict.fromkeys(found)), tuple(wrong)


def image_in(text: str, environment: Mapping[str, str]) -> Image | str:
    """The image that a reference means, or why it means none."""
    rest, _, digest = text.strip().partition("@")
    first, slash, after = rest.partition("/")
    if slash and _HOST.match(first):
        registry, rest = first, after
    else:
        url = environment.get("REGISTRY_URL", "").strip().rstrip("/")
        if url.startswith("http://") and not _HERE.match(urlsplit(url).netloc):
            return f"{url} is not asked: http only for this machine itself"
        registry, _, prefix = url.removeprefix("https://").removeprefix("http://").partition("/")
        prefix = prefix.removeprefix("v2/").removeprefix("v2")
        rest = f"{prefix}/{rest}" if prefix else rest
    name, _, tag = rest.partition(":")
    reference = digest or tag or environment.get("VERSION", "")
    if not registry or not _HOST.match(registry):
        return "it names no registry, and REGISTRY_URL has none"
    if not _NAME.match(name):
        return f"{name} is no name of an image"
    if not _TAG.match(reference):
        return f"it has no tag, and VERSION is {reference or 'not set'}"
    official = registry == _HUB and "/" not in name
    return Image(registry, f"library/{name}" if official else name, reference)


def verify_images(images: Iterable[Image], limit: float = _LIMIT) -> tuple[tuple[str, ...], tuple[Blocker, ...]]:
    """Ask for each: a line of proof for those that are there (with the digest), a blocker for the others."""
    proofs, blockers = [], []
    for image in images:
        try:
            status, digest, manifest = _ask(image, limit)
        except (OSError, HTTPException, ValueError) as error:
            reason = f"{image} cannot be verified: {image.registry} does not answer ({error})"
            blockers.append(Blocker("image", reason, f"is the registry up? curl {_url(image)}"))
            continue
        if status == 200 and not manifest:  # a proxy, a login page
            reason = f"{image} cannot be verified: {image.registry} answers, but not as a registry does"
            blockers.append(Blocker("image", reason, f"curl -I {_url(image)}"))
        elif status == 200:
            proofs.append(f"{image} is in the registry" + (f" ({digest})" if digest else ""))
        else:
            blockers.append(Blocker("image", *_told(image, status)))
    return tuple(proofs), tuple(blockers)


def _told(image: Image, status: int) -> tuple[str, str]:
    if status == 404:
        return f"{image} is not in the registry", f"docker push {image}"
    if status in (401, 403):
        return f"{image} cannot be verified: the registry wants to know who asks ({status})", f"docker pull {image}"
    return f"{image} cannot be verified: the registry answers {status}", f"curl -I {_url(image)}"


def _ask(image: Image, limit: float) -> tuple[int, str, bool]:
    """The status, the digest, and whether what is there is a manifest."""
    headers = {"Accept": _ACCEPTED, "User-Agent": "reifierd"}
    host = _HUB_HOST if image.registry == _HUB else image.registry
    path = f"/v2/{quote(image.name)}/manifests/{quote(image.reference, safe=':')}"
    answer = _request(host, path, headers, limit)
    challenge = answer.getheader("WWW-Authenticate", "")
    if answer.status == 401 and (token := _token(challenge, limit)):
        answer = _request(host, path, {**headers, "Authorization": f"Bearer {token}"}, limit)
    digest = answer.getheader("Docker-Content-Digest", "") or ""
    kind = (answer.getheader("Content-Type", "") or "").partition(";")[0].strip().lower()
    return answer.status, digest, bool(digest) or kind in _ACCEPTED.split(", ") or kind.endswith("+prettyjws")


def _request(host: str, path: str, headers: Mapping[str, str], limit: float, method: str = "HEAD") -> HTTPResponse:
    connection = (HTTPConnection if _HERE.match(host) else HTTPSConnection)(host, timeout=limit)
    connection.request(method, path, headers=dict(headers))
    return connection.getresponse()


def _token(challenge: str, limit: float) -> str:
    """An anonymous token (distribution specification, token authentication); "" where there is none to be had."""
    scheme, _, rest = challenge.partition(" ")
    given = dict(re.findall(r'(\w+)="([^"]*)"', rest))
    realm = urlsplit(given.get("realm", ""))
    if scheme.lower() != "bearer" or not realm.netloc or not (realm.scheme == "https" or _HERE.match(realm.netloc)):
        return ""
    wanted = urlencode({k: given[k] for k in ("service", "scope") if k in given})
    answer = _request(realm.netloc, f"{realm.path}?{wanted}", {"User-Agent": "reifierd"}, limit, "GET")
    if answer.status != 200:
        return ""
    said = json.loads(answer.read(100_000))
    token = (said.get("token") or said.get("access_token")) if isinstance(said, dict) else None
    return token if isinstance(token, str) and token.isascii() and token.isprintable() else ""


def _url(image: Image) -> str:
    scheme = "http" if _HERE.match(image.registry) else "https"
    return f"{scheme}://{image.registry}/v2/{image.name}/manifests/{image.reference}"


def _pushed(works: Iterable[Work]) -> Iterator[str | None]:
    """What the commands push (`docker push X`, `docker buildx build --push -t X`), None for what only the run knows."""
    for command in (c for work in works for c in work.view.commands):
        if command.program in _PUSHERS and not command.wrapped:
            yield from _pushed_by(command)


def _pushed_by(command: Invocation) -> Iterator[str | None]:
    options = parse_options(command.argv, {"-t", "--tag", "-f", "--file", "--platform", "--build-arg", "--creds"})
    words = [w.text for w in options.operands]
    if "push" in words[:-1]:
        yield words[-1].removeprefix("docker://") if words[-1] else None
    if "build" in words and options.has("--push"):
        yield from (w.text for w in options.all_values("-t", "--tag"))
