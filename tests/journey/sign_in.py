"""Signs in by the dialog: what goes wrong is said in words, what was typed stays, and at last the window is there."""

import accessibility as ax
import world
from fixture import ME


def travel(place):
    # Trusts what a system's own list of authorities would.
    trusting = {"SSL_CERT_FILE": str(place.server.ca_file)}
    with place.stonechat(signed_in=False) as app:
        fill(app, "127.0.0.1", place.server.port, world.PASSWORD)
        app.see("Nobody whom this computer trusts vouches for the server")
        app.write("Server name", "nowhere.invalid")
        app.press("Sign in")
        app.see("no server called nowhere.invalid", timeout=30)
        assert app.text_of(app.field("Address")) == ME.address
    with place.stonechat(trusting, signed_in=False) as app:
        fill(app, "127.0.0.1", place.server.port, "not the password")
        app.see("The server does not accept this address and password")
        assert app.text_of(app.field("Address")) == ME.address
        assert app.text_of(app.field("Port")) == str(place.server.port)
        app.write("Password", world.PASSWORD)
        app.press("Sign in")
        ax.find(app.root, "button", "New conversation", timeout=20)


def fill(app, host, port, password):
    app.enter(ax.find(app.root, "list item", "Advanced"))
    for name, text in (("Address", ME.address), ("Password", password), ("Server name", host), ("Port", str(port))):
        app.write(name, text)
    app.press("Sign in")
