"""What comes while another conversation is in front is notified; pressing it leads there, and reading takes it away."""

import accessibility as ax
from fixture import JUNIPER, THEO
from notifications import Daemon


def travel(place):
    daemon = Daemon()
    try:
        with place.stonechat() as app:
            notify(place, app, daemon)
    finally:
        daemon.close()


def notify(place, app, daemon):
    juniper, theo = place.friend(JUNIPER), place.friend(THEO)
    app.talk_to(JUNIPER)
    theo.says("Can you hold the ladder?")
    number = ax.wait(lambda: daemon.find(THEO.name), "Theo's notification", 15)
    assert daemon.shown[number] == (THEO.name, "Can you hold the ladder?"), daemon.shown
    daemon.press(number)
    app.is_in_front(THEO.name)
    app.message(THEO.name, "Can you hold the ladder?")
    # In front, so nothing has to be told; then somebody else writes.
    theo.says("Quick")
    app.message(THEO.name, "Quick")
    juniper.says("Tea is ready")
    app.see(f"{JUNIPER.name}, ", "Tea is ready", "1 unread message", role="list item")
    number = ax.wait(lambda: daemon.find(JUNIPER.name), "Juniper's notification", 15)
    assert daemon.find(THEO.name) is None, daemon.shown
    assert not daemon.withdrawn, daemon.withdrawn
    app.talk_to(JUNIPER)
    ax.wait(lambda: number in daemon.withdrawn, "the end of what was read")
    assert not daemon.shown, daemon.shown
