-- The language that one writes in in a conversation, as dictionaries name it (`en_US`).
ALTER TABLE conversation ADD COLUMN language TEXT; -- none: that of the desktop
