"""What is on the screen of dev/lib/headless.sh, read from the file in which Xvfb keeps it."""

import mmap
import os
import struct


class Framebuffer:
    def __init__(self):
        file = open(os.environ["STONECHAT_FRAMEBUFFER"], "rb")
        self.memory = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        # The header of X window dumps (XWDFile.h): 25 big-endian words, then a name and a table of colours.
        words = struct.unpack(">25I", self.memory[:100])
        self.width, self.height, self.stride = words[4], words[5], words[12]
        self.start = words[0] + words[19] * 12

    def lines(self, left, top, right, bottom):
        """The pixels of each line of a rectangle, four bytes for each."""
        for y in range(top, bottom):
            begin = self.start + y * self.stride
            yield self.memory[begin + left * 4:begin + right * 4]

    def busy_lines(self, left, top, right, bottom):
        """In how many lines of a rectangle there is more than one colour."""
        return sum(line != line[:4] * (len(line) // 4) for line in self.lines(left, top, right, bottom))
