"""A policy that attacks as its setting `mode` says."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.policy import ApprovalRule, Verdict_Allow, Verdict_Deny, Verdict_RequireApproval
from wit_world.imports import get, log, settings


def loop():
    while True:
        pass


def host_call_flood():
    while True:
        settings.get("mode")


def log_flood():
    while True:
        print("noise")


def log_bulk():
    log.write(log.Level.INFO, "x" * (4 << 20))
    return Verdict_Allow()


def log_codes():
    print("\x1b[2Jgone\x07\r\x9b31mred")
    return Verdict_Allow()


def memory():
    kept = []
    while True:
        kept.append(bytearray(1 << 20))


def memory_caught():
    kept = []
    try:
        while True:
            kept.append(bytearray(1 << 20))
    except MemoryError:
        kept.clear()
        return Verdict_Deny("survived")


def recursion():
    def deeper(depth):
        return 1 + deeper(depth + 1)

    return Verdict_Deny(str(deeper(0)))


def recursion_unbounded():
    sys.setrecursionlimit(1 << 30)
    return recursion()


def throw():
    raise ValueError("my own fault")


def throw_codes():
    raise ValueError("\x1b[2Jgone\nand more")


class Loops:
    def __del__(self):
        loop()


def destructor():
    kept = Loops()
    del kept
    return Verdict_Allow()


def refused(call):
    try:
        return f"got {call()!r}"
    except Err as error:
        return type(error.value).__name__.removeprefix("ReadError_").lower()
    except (OSError, RuntimeError, ImportError, LookupError):
        return "refused"


def outside():
    calls = [
        lambda: get.get("Secret", "kube-system", "exists"),
        lambda: get.get("Secret", "kube-system", "missing"),
        lambda: get.get("Pod", "kube-system", "exists"),
        lambda: get.get("Pod", "../../secrets", "x"),
        lambda: get.get("*", "*", "*"),
        lambda: get.get("Pod", "default/../kube-system", "x"),
        lambda: get.get("pods", "default", "web?watch=true"),
        lambda: get.list("Pod", "", ""),
        lambda: get.list("Secret", "default", "a=b"),
    ]
    return Verdict_Deny(" ".join(map(refused, calls)))


def no_host():
    calls = [
        lambda: open("/etc/passwd").read(),
        lambda: open("/tmp/mine", "w"),
        lambda: os.listdir("/"),
        lambda: socket.create_connection(("127.0.0.1", 6443)),
        lambda: subprocess.run(["/bin/sh"]),
        lambda: threading.Thread(target=loop).start(),
    ]
    told = " ".join(map(refused, calls))
    return Verdict_Deny(f"{told} {len(os.environ)}")


def sleep():
    time.sleep(3600)
    return Verdict_Allow()


ATTACKS = {
    "allow": Verdict_Allow,
    "loop": loop,
    "host-call-flood": host_call_flood,
    "log-flood": log_flood,
    "log-bulk": log_bulk,
    "log-codes": log_codes,
    "memory": memory,
    "memory-caught": memory_caught,
    "recursion": recursion,
    "recursion-unbounded": recursion_unbounded,
    "huge": lambda: Verdict_Deny("x" * (100 << 20)),
    "bulk": lambda: Verdict_Deny("x" * (2 << 20)),
    "throw": throw,
    "throw-codes": throw_codes,
    "not-utf8": lambda: Verdict_Deny("\ud800"),
    "nothing": lambda: None,
    "wrong-type": lambda: Verdict_Deny(5),
    "nobody": lambda: Verdict_RequireApproval(ApprovalRule([], 0, "")),
    "bad-number": lambda: Verdict_RequireApproval(ApprovalRule([], -1, "")),
    "regex": lambda: Verdict_Deny(str(re.match(r"^(a+)+$", "a" * 40 + "!"))),
    "destructor": destructor,
    "exit": lambda: sys.exit(3),
    "kill": lambda: os.abort(),
    "outside": outside,
    "read-bulk": lambda: Verdict_Deny(refused(lambda: get.get("Pod", "default", "x" * (2 << 20)))),
    "read-codes": lambda: Verdict_Deny(refused(lambda: get.get("Pod", "kube-system", "\x1b[2J\r\n"))),
    "no-host": no_host,
    "sleep": sleep,
}


class Policy(exports.Policy):
    def judge(self, incident, proposal, risk):
        return ATTACKS[json.loads(settings.get("mode") or '"allow"')]()
