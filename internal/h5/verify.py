#!/usr/bin/env python3
"""Checks a draw (抽奖): python3 verify.py PROOF.json [COMMITMENT [LIST_HASH]]

PROOF.json is what the page of the draw offers for download. COMMITMENT was told to the group before entries were taken, LIST_HASH when they
closed: look both up in the group, and give them here. Nothing but Python's standard library is used, and nothing of the program that drew.

核对一次抽奖：PROOF.json 从抽奖页下载；COMMITMENT 是报名前发在群里的承诺值，LIST_HASH 是截止时发在群里的名单哈希，请从群里抄来。
"""
import base64
import hashlib
import hmac
import json
import sys

FORMULA = "qunluo-draw-1"


def text(name, *lines):
    """What is hashed: formula, name and lines, each on a line of its own, in UTF-8."""
    return "\n".join([FORMULA, name, *lines]).encode("utf-8")


def check(proof, commitment="", list_hash=""):
    """Gives the places, prizes and codes that follow, or raises ValueError naming what does not."""
    def must(holds, what):
        if not holds:
            raise ValueError(what)

    must(proof["formula"] == FORMULA, "formula: this script knows %s only" % FORMULA)
    seed = bytes.fromhex(proof["seed"])
    must(len(seed) == 32, "seed: not 32 bytes")
    terms = json.loads(proof["terms"])
    bound = hashlib.sha256(text("commit", seed.hex(), proof["terms"])).hexdigest()
    must(bound == proof["commitment"], "commitment: seed or terms are not those that were committed to")
    must(commitment.lower() in ("", bound), "commitment: another one was told to the group")
    codes = proof["entries"]
    must(codes == sorted(set(codes)), "entries: not sorted, or one stands twice")
    frozen = hashlib.sha256(text("list", *codes)).hexdigest()
    must(frozen == proof["list_hash"], "list: not the one that was frozen")
    must(list_hash.lower() in ("", frozen), "list: another hash was told to the group")
    must(bool(terms["beacon"]) == bool(proof["beacon"]), "public number: the terms say otherwise")

    def rank(code):
        return hmac.new(seed, text("rank", bound, frozen, proof["beacon"], code), hashlib.sha256).digest(), code

    prizes = [prize["name"] for prize in terms["prizes"] for _ in range(prize["count"])]
    won = [{"place": i + 1, "prize": prize, "code": code} for i, (prize, code) in enumerate(zip(prizes, sorted(codes, key=rank)))]
    must(won == proof["winners"], "winners: others follow: %s" % json.dumps(won, ensure_ascii=False))
    return won


def code_of(proof, member):
    """The entry code of a member, by the id on their own page."""
    return base64.b32encode(hmac.new(bytes.fromhex(proof["seed"]), text("code", member), hashlib.sha256).digest()).decode()[:12]


def main(args):
    if not 1 <= len(args) <= 3:
        print(__doc__)
        return 2
    with open(args[0], encoding="utf-8") as f:
        proof = json.load(f)
    try:
        won = check(proof, *args[1:])
    except (ValueError, KeyError, TypeError) as err:
        print("DOES NOT HOLD 不成立: %s" % err)
        return 1
    for w in won:
        print("%d\t%s\t%s" % (w["place"], w["code"], w["prize"]))
    print("HOLDS 成立: %d entrants, commitment %s" % (len(proof["entries"]), proof["commitment"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
