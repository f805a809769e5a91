-- The best sign-in that was seen (mechanism, and whether it was bound to the channel), as a number; nothing less is taken silently.
ALTER TABLE account ADD COLUMN seen INTEGER CHECK (seen BETWEEN 0 AND 7);
