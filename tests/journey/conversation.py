"""Writes to a contact, reads the answer, and finds all of it again after a restart."""

from fixture import JUNIPER, THEO

QUESTION, ANSWER = "Are the swallows back?", "They are! One has a twig"


def travel(place):
    friend = place.friend(JUNIPER)
    with place.stonechat() as app:
        app.press("Start a conversation")
        for person in (JUNIPER, THEO):
            app.see(f"{person.name}, ", person.address, role="list item")
        app.see(f"{JUNIPER.name}, Online, ", role="list item")
        app.leave_dialog()
        app.talk_to(JUNIPER)
        app.send(QUESTION)
        friend.hears(QUESTION)
        app.message("You, ", QUESTION, "Delivered")
        friend.says(ANSWER)
        app.message(JUNIPER.name, ANSWER)
    with place.stonechat() as app:
        app.see(JUNIPER.name, ANSWER, role="list item")
        app.talk_to(JUNIPER)
        app.message("You, ", QUESTION, "Delivered")
        app.message(JUNIPER.name, ANSWER)
        app.send("Good")
        friend.hears("Good")
