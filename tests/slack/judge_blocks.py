"""Judges every message and view: the models of Slack's SDK, the limits of slackblocks, and the
few rules that neither checks."""

import json
import sys

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View
from slackblocks import _limits



def text_of(block):
    found = []
    for key in ("text", "fields", "elements"):
        value = block.get(key)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                found.append(item)
            elif isinstance(item, dict):
                found.extend(text_of(item))
    return found


def walk(value):
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def button(name, element):
    assert len(element["value"]) <= _limits.BUTTON_VALUE_MAX_LENGTH, name
    assert len(element["text"]["text"]) <= _limits.BUTTON_TEXT_MAX_LENGTH, name
    spoken = element["accessibility_label"]
    assert len(spoken) <= _limits.BUTTON_ACCESSIBILITY_LABEL_MAX_LENGTH, name
    confirm = element.get("confirm")
    if confirm:
        assert len(confirm["title"]["text"]) <= _limits.CONFIRMATION_TITLE_MAX_LENGTH, name
        assert len(confirm["text"]["text"]) <= _limits.CONFIRMATION_TEXT_MAX_LENGTH, name
        assert len(confirm["confirm"]["text"]) <= _limits.CONFIRMATION_CONFIRM_MAX_LENGTH, name


def judge(name, blocks, limit):
    assert 0 < len(blocks) <= limit, f"{name}: {len(blocks)} blocks"
    for block in blocks:
        parsed = Block.parse(block)
        assert parsed is not None, f"{name}: unknown type {block['type']}"
        parsed.validate_json()
        fields = block.get("fields", [])
        assert len(fields) <= _limits.SECTION_FIELDS_MAX_ITEMS, name
        for field in fields:
            assert len(field["text"]) <= _limits.SECTION_FIELDS_ITEM_MAX_LENGTH, name
        for element in block.get("elements", []):
            if element["type"] == "button":
                button(name, element)
        if block["type"] == "header":
            assert block["text"]["type"] == "plain_text", name
        ids = [e["action_id"] for e in block.get("elements", []) if "action_id" in e]
        assert len(ids) == len(set(ids)), f"{name}: {ids}"
    for item in walk(blocks):
        if item.get("type") in ("mrkdwn", "plain_text"):
            assert item["text"], f"{name}: empty text"
        if item.get("type") == "mrkdwn":
            for bad in ("<!channel>", "<!here>", "<!everyone>"):
                assert bad not in item["text"], f"{name}: {bad}"
    return sum(len(t) for b in blocks for t in text_of(b))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        gallery = json.load(file)
    for name, body in gallery["messages"]:
        assert 0 < len(body["text"]) <= 4000, name
        assert "<!channel>" not in body["text"], name
        blocks = body.get("blocks") or []
        for attachment in body.get("attachments", []):
            assert attachment["color"].startswith("#") and attachment["fallback"], name
            blocks = blocks + attachment["blocks"]
        if blocks:
            total = judge(name, blocks, _limits.MESSAGE_BLOCKS_MAX_ITEMS)
            assert total <= 13200, f"{name}: {total} characters"
    for name, view in gallery["views"]:
        judge(name, view["blocks"], _limits.VIEW_BLOCKS_MAX_ITEMS)
        if view["type"] == "modal":
            View(**view).validate_json()
        assert len(json.dumps(view)) <= 250_000, name
    print(f"{len(gallery['messages'])} messages and {len(gallery['views'])} views are Slack's")


main()
