"""Tokens of throng in plain CPython, and a comparison with the published vectors: tokens.py tokens.json"""

import base64, hashlib, hmac, json, struct, sys, unicodedata

# -- the example: what it takes --
lp = lambda text: struct.pack(">I", len(text.encode())) + text.encode()
mac = lambda key, message: hmac.new(key, message, hashlib.sha256).digest()
def token_hash(master, scope, scope_id, namespace, epoch, kind, normalised):
    prk = mac(b"throng/pseudo/v1", master)
    info = lp("token") + lp(scope) + lp(scope_id) + lp(namespace) + struct.pack(">I", epoch)
    key = mac(prk, info + b"\1")
    value = normalised.encode()
    return mac(key, struct.pack(">BBI", 1, {"text": 1, "email": 2, "phone": 3, "uuid": 4}[kind], len(value)) + value)
def base32(hashed, bits=128):
    return "tk1_" + base64.b32encode(hashed[: bits // 8]).decode().rstrip("=").lower()
# -- the end of the example --


def normal(kind, value):
    """The normal forms, as far as the vectors go; German numbers."""
    value = unicodedata.normalize("NFC", value.strip())
    if kind == "email":
        local, domain = unicodedata.normalize("NFC", value.lower()).rsplit("@", 1)
        labels = [l if l.isascii() else "xn--" + l.encode("punycode").decode() for l in domain.split(".")]
        return local + "@" + ".".join(labels)
    if kind == "phone":
        digits = "".join(c for c in value.replace("(0)", "") if c.isdigit())
        return "+" + (digits if value.startswith("+") else "49" + digits.removeprefix("0"))
    return value.lower() if kind == "uuid" else value


def uuid8(h):
    n = int.from_bytes(h[:16], "big") >> 6
    text = f"{(n >> 74) << 80 | 8 << 76 | (n >> 62 & 0xFFF) << 64 | 2 << 62 | n & (1 << 62) - 1:032x}"
    return "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])


def written(h, encoding, bits, namespace):
    cut = h[: bits // 8]
    return {
        "base32": lambda: base32(h, bits),
        "hex": lambda: "tk1_" + cut.hex(),
        "base64url": lambda: "tk1_" + base64.urlsafe_b64encode(cut).decode().rstrip("="),
        "uuid": lambda: uuid8(h),
        "email": lambda: f"{base32(h, bits)}@{namespace}.invalid",
        "phone": lambda: f"+999{int.from_bytes(h[:8], 'big') % 10**12:012}",
        "ip": lambda: "2001:db8:" + ":".join(h[i : i + 2].hex() for i in range(0, 12, 2)),
    }[encoding]()


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        published = json.load(file)
    master = hashlib.sha256(published["key_text"].encode()).digest()
    for v in published["vectors"]:
        normalised = normal(v["kind"], v["value"])
        assert normalised == v["normalised"], (v, normalised)
        h = token_hash(master, v["scope"], v["scope_id"], v["namespace"], v["epoch"], v["kind"], normalised)
        token = written(h, v["encoding"], v["bits"], v["namespace"])
        assert token == v["token"], (v, token)
    print(f"{len(published['vectors'])} vectors: the same tokens")


if __name__ == "__main__":
    main()
