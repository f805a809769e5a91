-- How long sound or a film lasts, in milliseconds, as whoever sent it says.
ALTER TABLE attachment ADD COLUMN length INTEGER CHECK (length > 0);
