"""The official SDKs judge the scripted server: what it answers is what real servers answer.

    $(tests/model/setup.sh) tests/model/sdk.py target/release/model-server
"""

import json
import subprocess
import sys

import anthropic
import openai

TOOL = {"name": "kubectl_get", "description": "read", "parameters": {"type": "object", "properties": {"kind": {"type": "string"}}}}
CALL = {"reply": "turn", "calls": [{"name": "kubectl_get", "arguments": {"kind": "Pod"}}]}
TEXT = {"reply": "turn", "text": "done"}
ODD = {"reply": "turn", "calls": [{"name": "kubectl_exec", "arguments": "{\"pod\": \"x"}]}


class Server:
    """The server with a script, as a context."""

    def __init__(self, program, replies):
        self.program, self.script = program, json.dumps({"*": replies})

    def __enter__(self):
        self.process = subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(self.script + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=10)


def chat(url, **more):
    client = openai.OpenAI(api_key="scripted-key", base_url=f"{url}/v1", max_retries=0, timeout=5)
    messages = [{"role": "user", "content": "why?"}]
    tools = [{"type": "function", "function": TOOL}]
    return client.chat.completions.create(model="m", messages=more.get("messages", messages), tools=tools)


def message(url, **more):
    client = anthropic.Anthropic(api_key="scripted-key", base_url=url, max_retries=0, timeout=5)
    tool = {"name": TOOL["name"], "description": "read", "input_schema": TOOL["parameters"]}
    messages = [{"role": "user", "content": [{"type": "text", "text": "why?"}]}]
    return client.messages.create(model="m", max_tokens=9, messages=more.get("messages", messages), tools=[tool])


def refused(ask, program, reply, kind, check=lambda error: True):
    with Server(program, [reply]) as url:
        try:
            ask(url)
        except kind as error:
            assert check(error), f"{reply}: {error!r}"
        else:
            raise AssertionError(f"{reply}: no {kind.__name__}")


def round_trip_chat(program):
    with Server(program, [CALL, TEXT]) as url:
        first = chat(url).choices[0]
        assert first.finish_reason == "tool_calls" and first.message.content is None
        call = first.message.tool_calls[0]
        assert json.loads(call.function.arguments) == {"kind": "Pod"}
        answer = {"role": "tool", "tool_call_id": call.id, "content": "none"}
        messages = [{"role": "user", "content": "why?"}, first.message.model_dump(exclude_none=True), answer]
        second = chat(url, messages=messages)
        assert second.choices[0].message.content == "done" and second.usage.total_tokens > 50


def round_trip_messages(program):
    with Server(program, [CALL, TEXT]) as url:
        first = message(url)
        assert first.stop_reason == "tool_use" and first.content[0].input == {"kind": "Pod"}
        answer = {"type": "tool_result", "tool_use_id": first.content[0].id, "content": "none"}
        messages = [
            {"role": "user", "content": [{"type": "text", "text": "why?"}]},
            {"role": "assistant", "content": [first.content[0].model_dump()]},
            {"role": "user", "content": [answer]},
        ]
        second = message(url, messages=messages)
        assert second.content[0].text == "done" and second.usage.output_tokens == 50


def odd_answers(program):
    """What a model may write and a proxy may send is no error of the protocol."""
    with Server(program, [ODD]) as url:
        call = chat(url).choices[0].message.tool_calls[0].function
        assert call.name == "kubectl_exec" and call.arguments == '{"pod": "x', call
    with Server(program, [{"reply": "turn", "calls": [{"name": "kubectl_exec", "arguments": {}}]}]) as url:
        assert message(url).content[0].name == "kubectl_exec"
    for ask in (chat, message):
        with Server(program, [{"reply": "big"}]) as url:
            assert ask(url).model == "m"
        with Server(program, [{"reply": "wrong-type"}]) as url:
            assert ask(url) == "<html>sign in</html>"


def main(program):
    round_trip_chat(program)
    round_trip_messages(program)
    odd_answers(program)
    limited = {"reply": "limited", "retry_after": 7}
    for ask, sdk in ((chat, openai), (message, anthropic)):
        refused(ask, program, limited, sdk.RateLimitError, lambda e: e.response.headers["retry-after"] == "7")
        refused(ask, program, {"reply": "limited"}, sdk.RateLimitError, lambda e: "retry-after" not in e.response.headers)
        refused(ask, program, {"reply": "refuse", "status": 500, "what": "x"}, sdk.InternalServerError)
        refused(ask, program, {"reply": "refuse", "status": 529, "what": "x"}, sdk.InternalServerError)
        refused(ask, program, {"reply": "refuse", "status": 401, "what": "x"}, sdk.AuthenticationError)
        refused(ask, program, {"reply": "refuse", "status": 403, "what": "x"}, sdk.PermissionDeniedError)
        refused(ask, program, {"reply": "not-found"}, sdk.NotFoundError, lambda e: "does not exist" in str(e))
        refused(ask, program, {"reply": "hang"}, sdk.APITimeoutError)
        refused(ask, program, {"reply": "close"}, sdk.APIConnectionError)
        refused(ask, program, {"reply": "cut"}, sdk.APIConnectionError)
        refused(ask, program, {"reply": "wrong-json"}, (json.JSONDecodeError, sdk.APIError))
        refused(ask, program, {"reply": "beyond-limit"}, sdk.RateLimitError, lambda e: "Requested 9000" in str(e))
        refused(ask, program, {"reply": "refuse", "status": 413, "what": "x"}, sdk.APIStatusError, lambda e: e.status_code == 413)
    refused(chat, program, {"reply": "tool-use-failed"}, openai.BadRequestError, lambda e: e.code == "tool_use_failed")
    refused(chat, program, {"reply": "decommissioned"}, openai.BadRequestError, lambda e: e.code == "model_decommissioned")
    refused(chat, program, {"reply": "not-found"}, openai.NotFoundError, lambda e: e.code == "model_not_found")
    print("the official SDKs take the scripted server for a real one: openai", openai.__version__, "anthropic", anthropic.__version__)


if __name__ == "__main__":
    main(sys.argv[1])
