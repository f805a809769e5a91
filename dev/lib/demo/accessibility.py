"""Finds and presses what a screen reader can find and press."""

import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

# It complains about each application that has no cache of its objects; GTK's have none.
GLib.log_set_handler("dbind", GLib.LogLevelFlags.LEVEL_WARNING, lambda *_: None, None)
Atspi.init()
Atspi.set_timeout(3000, 5000)


class NotFound(Exception):
    pass


def application(pid, timeout=20):
    """The accessible application of a process, once it has a window."""
    def look():
        desktop = Atspi.get_desktop(0)
        for index in range(desktop.get_child_count()):
            found = desktop.get_child_at_index(index)
            if found and found.get_process_id() == pid and found.get_child_count():
                return found
    return wait(look, f"the application of process {pid}", timeout)


def walk(node):
    yield node
    try:
        count = node.get_child_count()
        children = [node.get_child_at_index(index) for index in range(count)]
    except GLib.Error:
        return
    for child in children:
        if child:
            yield from walk(child)


def find_all(root, role=None, name=None):
    """All that is shown under `root` with this role (a name or several) and a name that begins so."""
    roles = (role,) if isinstance(role, str) else role
    for node in walk(root):
        try:
            if ((roles is None or node.get_role_name() in roles)
                    and (name is None or (node.get_name() or "").startswith(name))
                    and node.get_state_set().contains(Atspi.StateType.SHOWING)):
                yield node
        except GLib.Error:
            continue


def find(root, role=None, name=None, timeout=10):
    return wait(lambda: next(find_all(root, role, name), None), f"{role or 'anything'} “{name or ''}”", timeout)


def wait(look, what, timeout=10):
    until = time.monotonic() + timeout
    while True:
        try:
            found = look()
        except GLib.Error:
            found = None
        if found:
            return found
        if time.monotonic() > until:
            raise NotFound(f"{what} is not there")
        time.sleep(0.05)


def press(node):
    """Does the first action of what was found, or of the first thing in it that has one."""
    for candidate in walk(node):
        action = candidate.get_action_iface()
        if action and action.get_n_actions():
            action.do_action(0)
            return
    raise NotFound(f"{node.get_role_name()} “{node.get_name()}” cannot be pressed")


def tree(root):
    """What is shown, as text: for whoever writes a driver."""
    def lines(node, depth):
        yield "  " * depth + f"{node.get_role_name()} “{(node.get_name() or '')[:60]}”"
        for index in range(node.get_child_count()):
            child = node.get_child_at_index(index)
            if child and child.get_state_set().contains(Atspi.StateType.SHOWING):
                yield from lines(child, depth + 1)
    return "\n".join(lines(root, 0))
