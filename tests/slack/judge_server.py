"""Slack's own SDK talks to the Slack of the tests, and signs requests for the door."""

import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web import WebClient


def web(client):
    assert client.auth_test()["user_id"] == "U0BOT1"
    posted = client.chat_postMessage(channel="C0123", text="x", metadata={
        "event_type": "t", "event_payload": {"key": "k"}})
    ts = posted["ts"]
    client.chat_postMessage(channel="C0123", text="in the thread", thread_ts=ts)
    client.chat_update(channel="C0123", ts=ts, text="y")
    history = client.conversations_history(channel="C0123", include_all_metadata=True)
    assert history["messages"][0]["text"] == "y", history
    replies = client.conversations_replies(channel="C0123", ts=ts)
    assert len(replies["messages"]) == 2
    client.chat_postEphemeral(channel="C0123", user="U1", text="z")
    client.views_open(trigger_id="1", view={"type": "modal", "blocks": [],
                                            "title": {"type": "plain_text", "text": "t"}})
    uploaded = client.files_upload_v2(channel="C0123", content=b"abc", filename="a.mp3", thread_ts=ts)
    assert uploaded["files"][0]["id"]
    for call, code in (
        (lambda: client.api_call("chat.postMessage", json={"channel": "C0123"}), "no_text"),
        (lambda: client.chat_update(channel="C0123", ts="9.9", text="x"), "message_not_found"),
        (lambda: client.users_info(user="U404"), "user_not_found"),
    ):
        try:
            call()
        except SlackApiError as error:
            assert error.response["error"] == code, error.response
        else:
            raise AssertionError(f"no {code}")


def socket(client, server):
    arrived = threading.Event()

    def listen(mode, request):
        assert request.type == "interactive" and request.payload["type"] == "block_actions"
        mode.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        arrived.set()

    mode = SocketModeClient(app_token="xapp-1", web_client=client)
    mode.socket_mode_request_listeners.append(listen)
    mode.connect()
    time.sleep(1)
    envelope = {"envelope_id": "e1", "type": "interactive", "accepts_response_payload": True,
                "payload": {"type": "block_actions", "actions": []}}
    server.stdin.write(json.dumps(envelope) + "\n")
    server.stdin.flush()
    assert arrived.wait(10), "no envelope"
    mode.close()


def door(where):
    verifier = SignatureVerifier(where["secret"])
    payload = {"type": "block_actions", "user": {"id": "U0001"}, "trigger_id": "1.2.3",
               "channel": {"id": "C0123"}, "message": {"ts": "1.1"},
               "actions": [{"type": "button", "action_id": "evidence",
                            "value": '{"h":"0123456789abcdef","i":"inc-1"}'}]}
    body = "payload=" + urllib.parse.quote(json.dumps(payload))

    def send(text, stamp, signature):
        request = urllib.request.Request(where["http"] + "/slack/interactions", text.encode(), {
            "content-type": "application/x-www-form-urlencoded",
            "x-slack-request-timestamp": stamp, "x-slack-signature": signature})
        try:
            return urllib.request.urlopen(request, timeout=3).status
        except urllib.error.HTTPError as error:
            return error.code

    now = str(int(time.time()))
    signature = verifier.generate_signature(timestamp=now, body=body)
    assert send(body, now, signature) == 200
    assert send(body, now, signature) == 409, "replayed"
    assert send(body + "x", now, signature) == 401, "forged"
    old = str(int(time.time()) - 301)
    assert send(body, old, verifier.generate_signature(timestamp=old, body=body)) == 401, "stale"


def main():
    command = [sys.argv[1], "serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        where = json.loads(server.stdout.readline())
        try:
            client = WebClient(token="xoxb-1", base_url=where["api"])
            web(client)
            socket(client, server)
            door(where)
        finally:
            server.stdin.close()
    print("Slack's SDK agrees with the Slack of the tests and with the door")


main()
