#!/usr/bin/env python3
"""Others judge what the privacy stage made: privacy.py THRONG

- CPython's hmac and hashlib make every token of a file again, by the published construction (docs/reference/tokens.py).
- pymerkle makes the root of the audit log again, and cryptography verifies its signature and that of a certificate.
- pycanon counts k and l of what was written, and finds what the report states.
- presidio and datafog find the addresses, telephone numbers and cards that were planted in what was read, and in what was written
  none but those of reserved ranges, which are nobody's.
"""

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import datafog
import pandas
import tldextract
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from presidio_analyzer.predefined_recognizers import CreditCardRecognizer, EmailRecognizer, PhoneRecognizer
from pycanon import anonymity
from pymerkle import InmemoryTree

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs/reference"))
import tokens

POLICY = """version = 1
default = "deny"
scope = "per_dataset"
epoch = 3
k = 4
[tables.people]
subject = ["user"]
[tables.people.columns]
user = { class = "direct_identifier", namespace = "user", reviewed = true }
email = { class = "direct_identifier", namespace = "email", kind = "email", encoding = "email", reviewed = true }
city = { class = "place", reviewed = true }
born = { class = "quasi", do = "band", width = 50, reviewed = true }
phone = { class = "direct_identifier", namespace = "phone", kind = "phone", encoding = "phone", few_bits = "judged", reviewed = true }
card = { class = "direct_identifier", do = "drop", reviewed = true }
note = { class = "free_text", do = "redact", reviewed = true }
ill = { class = "public", do = "keep", reason = "judged", sensitive = true, reviewed = true }
"""


# Recognisers know the domains that there are by a list of their own; none is fetched.
tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())

RECOGNISERS = [EmailRecognizer(), PhoneRecognizer(), CreditCardRecognizer()]
KINDS = {"EMAIL", "PHONE", "CREDIT_CARD"}


def phone(n: int) -> str:
    return f"+1415201{n:04}"


def card(n: int) -> str:
    """A number of sixteen digits whose last one is right (Luhn)."""
    digits = [int(digit) for digit in f"411111{n:09}"]
    doubled = [sum(divmod(2 * digit, 10)) if place % 2 == 0 else digit for place, digit in enumerate(digits)]
    return "".join(map(str, digits)) + str(-sum(doubled) % 10)


def people(count: int) -> list[dict]:
    chance = random.Random(1)
    cities = ["Ulm", "Kiel", "Bonn"] * 20 + [f"Village {n}" for n in range(60)]
    return [
        {
            "user": f"person-{n:05}",
            "email": f"Person.{n}@Example.com",
            "city": chance.choice(cities),
            "born": chance.randrange(1950, 2000),
            "phone": phone(n),
            "card": card(n),
            "note": f"call {phone(n)} or write to p{n}@mail.example.com, card {card(n)}.",
            "ill": chance.choice(["flu", "cold", "none of these"]),
        }
        for n in range(count)
    ]


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def judge_tokens(master: bytes, before: list[dict], after: list[dict]) -> int:
    for was, now in zip(before, after, strict=True):
        of = lambda name, kind: tokens.token_hash(
            master, "per_dataset", "out", name, 3, kind, tokens.normal(kind, was[name])
        )
        assert now["user"] == tokens.base32(of("user", "text")), (was, now)
        assert now["email"] == tokens.written(of("email", "email"), "email", 128, "email"), (was, now)
    return 2 * len(before)


def judge_anonymity(report: dict, after: list[dict]) -> tuple[int, int]:
    frame = pandas.DataFrame(after)
    quasi = ["city", "born"]
    k = anonymity.k_anonymity(frame, quasi)
    l = anonymity.l_diversity(frame, quasi, ["ill"])
    privacy = report["tables"][0]["privacy"]
    assert sorted(privacy["quasi_identifiers"]) == sorted(quasi), privacy
    assert (privacy["k"], privacy["l"]) == (k, [["ill", l]]), (privacy, k, l)
    sizes = frame.groupby(quasi).size()
    assert privacy["under_k"] == int(sizes[sizes < 4].sum()), privacy
    return k, l


def is_reserved(text: str) -> bool:
    """A domain that can never be (RFC 2606), or a country's code that no country has."""
    return text.endswith(".invalid") or text.removeprefix("+").startswith("999")


def presidio(text: str) -> set[str]:
    finds = (find for one in RECOGNISERS for find in one.analyze(text, one.supported_entities, None))
    return {text[find.start : find.end] for find in finds}


def fog(text: str) -> set[str]:
    return {find.text for find in datafog.scan(text, engine="regex").entities if find.type in KINDS}


def judge_identifiers(before: list[dict], after: list[dict]) -> int:
    """In the values that were read what was planted is found; in those that were written nothing that is somebody's."""
    planted = 0
    for was, now in zip(before[:100], after[:100], strict=True):
        for judge in (presidio, fog):
            for name in ("email", "phone", "card"):
                assert was[name] in judge(f"it is {was[name]} now"), (judge.__name__, was[name])
                planted += 1
            assert len(judge(was["note"])) >= 2, (judge.__name__, was["note"])
            for name, value in now.items():
                left = {find for find in judge(f"it is {value} now") if not is_reserved(find)}
                assert not left, (judge.__name__, name, value, left)
    assert "card" not in after[0]
    return planted


def verify(public_key: str, signature: str, message: str) -> None:
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
    key.verify(bytes.fromhex(signature), message.encode())


def judge_log(folder: Path) -> int:
    lines = (folder / "audit.ndjson").read_text(encoding="utf-8").splitlines()
    signed = json.loads((folder / "audit.checkpoint.json").read_text(encoding="utf-8"))
    tree = InmemoryTree(algorithm="sha256")
    for line in lines:
        tree.append_entry(line.encode())
    root = tree.get_root().hex()
    assert (signed["size"], signed["root"]) == (len(lines), root), (signed, root)
    verify(signed["public_key"], signed["signature"], f"throng/audit/v1\n{len(lines)}\n{root}\n")
    return len(lines)


def judge_certificate(path: Path) -> None:
    certificate = json.loads(path.read_text(encoding="utf-8"))
    bare = dict(certificate, signature="")
    text = json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    verify(certificate["public_key"], certificate["signature"], f"throng/certificate/v1\n{text}\n")


def main() -> None:
    throng = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        run = lambda *args: subprocess.run([throng, *args], cwd=place, check=True, stdout=subprocess.PIPE)
        run("key", "new", "key")
        master = bytes.fromhex((place / "key").read_text(encoding="ascii").strip().removeprefix("throng-key-1:"))
        before = people(600)
        (place / "people.ndjson").write_text("".join(json.dumps(row) + "\n" for row in before), encoding="utf-8")
        (place / "policy.toml").write_text(POLICY, encoding="utf-8")
        run("pseudonymise", "people.ndjson", "-o", "out", "--policy", "policy.toml", "--key-file", "key")
        out = place / "out"
        after = read(out / "people/part-00000.ndjson")
        report = json.loads((out / "privacy.json").read_text(encoding="utf-8"))
        made = judge_tokens(master, before, after)
        k, l = judge_anonymity(report, after)
        planted = judge_identifiers(before, after)
        run("erase", "out", "--user", before[7]["user"], "--key-file", "key")
        assert len(read(out / "people/part-00000.ndjson")) == len(before) - 1
        entries = judge_log(out)
        judge_certificate(out / "certificates/erasure-0001.json")
        print(f"hmac and hashlib: {made} tokens are the same")
        print(f"pycanon: k {k} and l {l}, as reported")
        print(f"presidio and datafog: {planted} planted identifiers are found, and none in what was written")
        print(f"pymerkle: the root of {entries} entries is the same; cryptography: both signatures hold")


if __name__ == "__main__":
    main()
