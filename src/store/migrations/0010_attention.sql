-- How much a conversation asks for attention. A mute may end by itself; a silent one is shown without sound and pop-up; an archived
-- one stands in a list of its own until something new comes.
ALTER TABLE conversation ADD COLUMN muted_until INTEGER; -- none: until the person says otherwise
ALTER TABLE conversation ADD COLUMN is_silent INTEGER NOT NULL DEFAULT 0 CHECK (is_silent IN (0, 1));
ALTER TABLE conversation ADD COLUMN is_archived INTEGER NOT NULL DEFAULT 0 CHECK (is_archived IN (0, 1));
CREATE INDEX conversation_muted ON conversation (muted_until) WHERE muted_until IS NOT NULL;
