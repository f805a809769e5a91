-- Where a message of ours would stand if it had been written when it was sent, so that the other side has it after what stands
-- there; null where that is its place. A marker counts for what was sent before what it names.
ALTER TABLE message ADD COLUMN sent_position INTEGER;
CREATE INDEX message_sent_late ON message (conversation_id, sent_position) WHERE sent_position IS NOT NULL;
