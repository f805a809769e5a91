-- How a text is to be shown, where it says anything of that; a JSON object that the program reads (`text_format`).
ALTER TABLE message ADD COLUMN format TEXT;
ALTER TABLE revision ADD COLUMN format TEXT;
ALTER TABLE early_amendment ADD COLUMN format TEXT;
ALTER TABLE conversation ADD COLUMN draft_format TEXT;
