-- Who may not reach an account (XEP-0191), as its server has it: a person, one of their clients, or a whole server.
CREATE TABLE blocked (
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    PRIMARY KEY (account_id, address)
) STRICT, WITHOUT ROWID;
