"""The password is kept in the keyring, found again, and goes with the account; a keyring that is locked or gone is no
reason to lose anything."""

import accessibility as ax
import sign_in
import world
from fixture import ME
from keyring import Keyring


def travel(place):
    keyring = Keyring(place.work / "keyring")
    keyring.start()
    try:
        keep(place, keyring)
    finally:
        keyring.stop()


def keep(place, keyring):
    trusting = {"SSL_CERT_FILE": str(place.server.ca_file)}
    with place.stonechat(trusting, signed_in=False) as app:
        sign_in.fill(app, "127.0.0.1", place.server.port, world.PASSWORD)
        ax.find(app.root, "button", "New conversation", timeout=20)
        ax.wait(lambda: keyring.accounts() == [ME.address], "the password in the keyring")
    assert not [path for path in place.profile.rglob("*") if path.is_file() and world.PASSWORD.encode() in path.read_bytes()]

    # Online again without a question; and a keyring that has ended and begun anew is still known.
    with place.stonechat(trusting, signed_in=False) as app:
        is_online(app)
        keyring.stop()
        keyring.start()
        keyring.clear()
        open_account(app)
        app.focus(app.field("New password for this device"))
        app.write("New password for this device", world.PASSWORD)
        app.key("Return")
        ax.wait(lambda: keyring.accounts() == [ME.address], "the password in the keyring that was begun anew")

    # There is nobody who could unlock it, so the person is asked for the password itself.
    keyring.lock()
    with place.stonechat(trusting, signed_in=False) as app:
        app.see("The password is needed to sign in", timeout=30)
        enter(app, world.PASSWORD)
        is_online(app)

    # Without any keyring it is the same, and the person is told why.
    keyring.stop()
    with place.stonechat(trusting, signed_in=False) as app:
        app.see("The password is needed to sign in", timeout=30)
        enter(app, world.PASSWORD)
        app.see("There is no keyring to keep your password in")
        is_online(app)
        # It is back: what is done now reaches it.
        keyring.start()
        open_account(app)
        app.enter(ax.find(app.root, "button", "Sign out and remove from this device"))
        ax.press(ax.find(ax.find(app.root, "alert", "Sign out of"), "button", "Sign out"))
        ax.find(app.root, "button", "Sign in", timeout=20)
        ax.wait(lambda: keyring.accounts() == [], "a keyring without the password")


def open_account(app):
    app.press("Your account")
    ax.find(app.root, "dialog", "Account")


def is_online(app):
    """By what the account's own page says."""
    open_account(app)
    app.see("Connected", timeout=20)
    app.leave_dialog()


def enter(app, password):
    app.press("Enter password")
    app.write("Password", password, ax.find(app.root, "alert", "Password for"))
    app.press("Sign in")
