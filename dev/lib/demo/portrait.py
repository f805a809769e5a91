"""Pictures of people who do not exist, drawn from a few words about each of them."""

import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf  # noqa: E402

SIZE = 256


def png(portrait):
    """The picture as the bytes of a PNG file."""
    svg = {"face": face, "wheel": wheel, "landscape": landscape}[portrait["kind"]](portrait)
    loader = GdkPixbuf.PixbufLoader.new_with_type("svg")
    loader.set_size(SIZE, SIZE)
    loader.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">{svg}</svg>'.encode())
    loader.close()
    return loader.get_pixbuf().save_to_bufferv("png", [], [])[1]


def backdrop(top, bottom):
    return (f'<defs><linearGradient id="b" x2="0.3" y2="1"><stop stop-color="{top}"/>'
            f'<stop offset="1" stop-color="{bottom}"/></linearGradient></defs><rect width="100" height="100" fill="url(#b)"/>')


# What of the hair lies behind the head, and what before it.
HAIR = {
    "short": ("", '<path d="M29 46C26 24 38 15 51 15C66 15 75 26 71 46C69 38 66 34 61 32C52 36 40 35 35 32C32 36 30 40 29 46Z"/>'),
    "bob": ('<path d="M27 66C22 30 34 14 50 14C66 14 78 30 73 66C64 70 36 70 27 66Z"/>',
            '<path d="M31 46C30 28 40 20 50 20C61 20 70 28 69 46C66 36 60 31 54 29C48 36 38 39 31 46Z"/>'),
    "long": ('<path d="M25 84C22 40 26 14 50 14C74 14 78 40 75 84C64 88 36 88 25 84Z"/>',
             '<path d="M31 48C29 28 40 19 50 19C60 19 71 28 69 48C67 38 60 30 50 28C40 30 33 38 31 48Z"/>'),
    "bun": ('<circle cx="50" cy="13" r="10"/><path d="M28 50C26 26 38 17 50 17C62 17 74 26 72 50Z"/>',
            '<path d="M30 46C29 28 40 20 50 20C60 20 71 28 70 46C66 37 60 33 50 30C40 33 34 37 30 46Z"/>'),
    "curly": ('<g><circle cx="31" cy="34" r="12"/><circle cx="41" cy="22" r="12"/><circle cx="57" cy="21" r="12"/>'
              '<circle cx="69" cy="33" r="12"/><circle cx="73" cy="48" r="10"/><circle cx="27" cy="48" r="10"/></g>',
              '<path d="M29 44C27 26 38 14 50 14C62 14 73 26 71 44C65 36 60 35 56 31C50 37 44 31 40 35C36 36 33 39 31 44Z"/>'),
    "scarf": ('<path d="M24 92C22 40 28 13 50 13C72 13 78 40 76 92Z"/>',
              '<path d="M30 52C28 30 38 19 50 19C62 19 72 30 70 52C68 36 60 28 50 28C40 28 32 36 30 52Z"/>'),
}


def face(portrait):
    skin, hair, shirt = portrait["skin"], portrait["hair"], portrait["shirt"]
    behind, before = HAIR[portrait["style"]]
    parts = [
        backdrop(*portrait["background"]),
        f'<g fill="{hair}">{behind}</g>',
        f'<path fill="{shirt}" d="M10 104C12 84 28 77 50 77C72 77 88 84 90 104Z"/>',
        f'<path fill="{skin}" d="M41 62H59V77C59 83 41 83 41 77Z"/><path fill="#000" opacity=".13" d="M41 68C46 74 54 74 59 68V73C54 78 46 78 41 73Z"/>',
        f'<path fill="{skin}" d="M30 44C30 28 40 21 50 21C60 21 70 28 70 44C70 60 61 71 50 71C39 71 30 60 30 44Z"/>',
    ]
    if portrait["style"] in ("short", "bun"):
        parts.append(f'<g fill="{skin}"><circle cx="29.5" cy="47" r="4.5"/><circle cx="70.5" cy="47" r="4.5"/></g>')
    if portrait.get("beard"):
        parts.append(f'<path fill="{hair}" d="M30 47C33 56 38 57 43 56C48 54 52 54 57 56C62 57 67 56 70 47C71 64 61 75 50 75C39 75 29 64 30 47Z"/>'
                     '<path fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" d="M45 61C48 63.5 52 63.5 55 61"/>')
    else:
        parts.append('<path fill="none" stroke="#8a3b32" stroke-width="2" stroke-linecap="round" d="M44 59C47 62.5 53 62.5 56 59"/>')
    parts.append('<g fill="#2b211e"><circle cx="42" cy="46" r="2.3"/><circle cx="58" cy="46" r="2.3"/></g>'
                 '<path fill="none" stroke="#000" opacity=".25" stroke-width="1.6" stroke-linecap="round" d="M50 47V52.5H48.5"/>')
    parts.append(f'<g fill="{hair}">{before}</g>')
    if portrait.get("glasses"):
        parts.append('<g fill="#fff" fill-opacity=".25" stroke="#2b211e" stroke-width="1.8"><circle cx="42" cy="46" r="6.5"/>'
                     '<circle cx="58" cy="46" r="6.5"/><path fill="none" d="M48.5 46H51.5"/></g>')
    return "".join(parts)


def wheel(_portrait):
    spokes = "".join(f'<path d="M50 50V18" transform="rotate({angle} 50 50)"/>' for angle in range(0, 360, 30))
    return (backdrop("#4d5a6b", "#1f2733") + '<g fill="none" stroke="#f3f0e8"><circle cx="50" cy="50" r="33" stroke-width="5"/>'
            f'<g stroke-width="1.3">{spokes}</g></g><circle cx="50" cy="50" r="7" fill="#f08c2e"/>')


def landscape(_portrait):
    return (backdrop("#fbd6a8", "#f29a7a") + '<circle cx="66" cy="40" r="12" fill="#fff3d6"/>'
            '<path fill="#8c6a8f" d="M0 70L24 42L44 64L62 46L100 78V100H0Z"/><path fill="#4c4469" d="M0 84C24 68 46 80 62 76C78 72 90 80 100 78V100H0Z"/>'
            '<path fill="#2e2c4d" d="M0 94C30 82 60 96 100 88V100H0Z"/>')
