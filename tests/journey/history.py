"""Walks from message to message by keyboard, hears each, selects some and copies them, and asks for a day."""

import contextlib

import accessibility as ax
from fixture import JUNIPER

LINES = ["The first swallow", "Two more by noon", "Now there are nine"]


def has(node, state):
    return node.get_state_set().contains(state)


def heard(messages):
    rows = list(ax.find_all(messages, "list item", JUNIPER.name))
    return rows if len(rows) == len(LINES) and all(map(str.__contains__, (row.get_name() for row in rows), LINES)) else None


def wait_for_focus(rows, number, timeout=10):
    ax.wait(lambda: has(rows[number], ax.Atspi.StateType.FOCUSED), f"the focus on “{LINES[number]}”", timeout)


def travel(place):
    friend = place.friend(JUNIPER)
    with place.stonechat() as app:
        app.talk_to(JUNIPER)
        for line in LINES:
            friend.says(line)
            app.message(f"{JUNIPER.name}, ", line)
        messages = ax.find(app.root, "list", "Messages")
        rows = ax.wait(lambda: heard(messages), "all messages in their order")
        for _ in range(8):
            app.key("shift+Tab")
            with contextlib.suppress(ax.NotFound):
                wait_for_focus(rows, 2, 0.5)
                break
        wait_for_focus(rows, 2)
        app.key("Up")
        wait_for_focus(rows, 1)
        app.key("shift+Up")
        wait_for_focus(rows, 0)
        app.see("2 selected", role="label")
        ax.wait(lambda: [has(row, ax.Atspi.StateType.SELECTED) for row in rows] == [True, True, False], "two selected messages")
        app.press("Copy")
        ax.wait(lambda: not any(has(row, ax.Atspi.StateType.SELECTED) for row in rows), "the end of selecting")
        app.field("Message")
        app.key("ctrl+g")
        app.see("Go to Today", role="button")
        app.key("Return")
        ax.wait(lambda: not any(ax.find_all(app.root, "button", "Go to Today")), "the calendar to close")
