"""Pictures and sounds that people of the demonstration send each other, made from a word about each."""

import math
import pathlib
import struct
import wave

import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf  # noqa: E402

WIDTH, HEIGHT = 1200, 800
RATE = 16_000


def make(file):
    """Makes what a message's file is to be, at its path."""
    if file["kind"] == "picture":
        draw(file["of"], file["path"])
    else:
        file["length"] = 1_000 * chat(int(file["of"]), file["path"])


def draw(what, path):
    svg = {"fence": fence, "rake": rake}[what]()
    loader = GdkPixbuf.PixbufLoader.new_with_type("svg")
    loader.set_size(WIDTH, HEIGHT)
    loader.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 800">{svg}</svg>'.encode())
    loader.close()
    # A picture of a camera's has no transparency.
    picture = loader.get_pixbuf().composite_color_simple(WIDTH, HEIGHT, GdkPixbuf.InterpType.NEAREST, 255, 8, 0, 0)
    picture.savev(path, "jpeg", ["quality"], ["85"])


def backdrop(sky, meadow):
    hills = "".join(
        f'<path fill="{colour}" d="M0 {y}C300 {y - 90} 520 {y + 40} 780 {y - 30}S1100 {y - 60} 1200 {y - 10}V800H0Z"/>'
        for y, colour in zip((520, 590, 660), meadow))
    return (f'<defs><linearGradient id="s" x2="0" y2="1"><stop stop-color="{sky[0]}"/><stop offset="1" stop-color="{sky[1]}"/>'
            f'</linearGradient></defs><rect width="1200" height="800" fill="url(#s)"/>'
            f'<circle cx="960" cy="170" r="70" fill="#fff6dc" opacity=".8"/>{hills}')


def bird(x, y, size, turned=False):
    """A stonechat, its feet at (x, y)."""
    flip = -size if turned else size
    return (
        f'<g transform="translate({x} {y}) scale({flip} {size})">'
        '<path d="M-8 0V-14M8 0V-14" stroke="#2a211d" stroke-width="3" fill="none"/>'
        '<path fill="#4a352b" d="M-34 -30L-84 -12L-80 -4L-28 -16Z"/>'
        '<path fill="#f7efe4" d="M-40 -34C-40 -8 -10 -8 6 -12C34 -16 44 -44 36 -66L-10 -70Z"/>'
        '<path fill="#d9692a" d="M6 -16C38 -20 46 -50 34 -72L0 -64C4 -48 2 -30 6 -16Z"/>'
        '<path fill="#5d4436" d="M-46 -30C-40 -60 -20 -76 8 -74C12 -56 0 -34 -22 -26C-32 -22 -42 -24 -46 -30Z"/>'
        '<path fill="#f7efe4" d="M-10 -52C0 -58 6 -58 10 -56C6 -44 -2 -38 -12 -36Z"/>'
        '<circle cx="20" cy="-86" r="26" fill="#1d1715"/><path fill="#f7efe4" d="M0 -78C-2 -66 6 -60 16 -60C8 -66 6 -72 8 -80Z"/>'
        '<path fill="#1d1715" d="M43 -90L62 -84L43 -79Z"/><circle cx="29" cy="-91" r="4.5" fill="#fff"/>'
        '<circle cx="30" cy="-91" r="3" fill="#1d1715"/></g>')


def fence():
    posts = "".join(f'<path fill="#8a6a4a" d="M{x} 800V430L{x + 34} 404L{x + 68} 430V800Z"/>'
                    f'<path fill="#6f5238" d="M{x + 44} 800V411L{x + 68} 430V800Z"/>' for x in range(60, 1200, 260))
    rails = "".join(f'<rect y="{y}" width="1200" height="40" fill="#9b7a56"/><rect y="{y + 30}" width="1200" height="10" fill="#785a3c"/>'
                    for y in (500, 660))
    return backdrop(("#bfe3f5", "#fdf3dd"), ("#b9d58c", "#8fb964", "#6f9f4d")) + rails + posts + bird(614, 406, 1.7)


def rake():
    tines = "".join(f'<path d="M{x} 300V360" stroke="#3c4650" stroke-width="10" stroke-linecap="round"/>' for x in range(330, 900, 56))
    stem = '<path d="M612 300V800" stroke="#b58a57" stroke-width="26"/><path d="M320 300H906" stroke="#4b5763" stroke-width="22" stroke-linecap="round"/>'
    return (backdrop(("#ffd9b0", "#fff2df"), ("#c3cf86", "#93ad5e", "#6d8a45")) + tines + stem
            + bird(440, 290, 1.5) + bird(790, 290, 1.5, True))


def chat(seconds, path):
    """Two pebbles knocked together, and a thin whistle between: what a stonechat says. Returns its length in seconds."""
    samples = bytearray()
    for n in range(seconds * RATE):
        t = n / RATE
        beat = t % 0.7
        knock = math.exp(-beat * 60) * math.sin(2 * math.pi * 2_900 * t) + math.exp(-abs(beat - 0.16) * 70) * math.sin(2 * math.pi * 3_300 * t)
        whistle = max(0.0, math.sin(math.pi * (beat - 0.35) / 0.25)) if 0.35 < beat < 0.6 else 0.0
        swell = 0.35 + 0.65 * abs(math.sin(math.pi * t / seconds * 2.5))
        value = swell * (0.6 * knock + 0.35 * whistle * math.sin(2 * math.pi * (5_000 + 900 * beat) * t))
        samples += struct.pack("<h", int(max(-1.0, min(1.0, value)) * 30_000))
    with wave.open(path, "wb") as sound:
        sound.setparams((1, 2, RATE, 0, "NONE", ""))
        sound.writeframes(bytes(samples))
    return seconds


if __name__ == "__main__":
    here = pathlib.Path.cwd()
    for scene in ("fence", "rake"):
        draw(scene, str(here / f"{scene}.jpg"))
    chat(7, str(here / "chat.wav"))
