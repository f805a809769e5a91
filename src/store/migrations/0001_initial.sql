-- Times are milliseconds since 1970 UTC. What a checked integer means stands in the enum of the same name.
-- Ids that leave the store are never used twice (AUTOINCREMENT): a notification or a row of the window may still hold one.

CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL UNIQUE,
    is_enabled INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
    host TEXT,
    port INTEGER CHECK (port BETWEEN 1 AND 65535),
    ca_file BLOB, -- a path: bytes, not always UTF-8
    resource TEXT,
    agent TEXT NOT NULL, -- a UUID that tells this installation from others of the account
    availability INTEGER NOT NULL CHECK (availability BETWEEN 0 AND 5),
    status TEXT NOT NULL,
    nickname TEXT,
    avatar_hash TEXT,
    roster_version TEXT
) STRICT;

CREATE TABLE contact (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    in_roster INTEGER NOT NULL CHECK (in_roster IN (0, 1)),
    name TEXT,
    nickname TEXT,
    subscription INTEGER NOT NULL CHECK (subscription BETWEEN 0 AND 3),
    is_pending INTEGER NOT NULL CHECK (is_pending IN (0, 1)),
    is_approved INTEGER NOT NULL CHECK (is_approved IN (0, 1)),
    -- What the contact announced last; the picture itself is in `avatar` once it has been fetched.
    avatar_hash TEXT,
    avatar_source INTEGER CHECK (avatar_source IN (0, 1)),
    UNIQUE (account_id, address),
    CHECK ((avatar_hash IS NULL) = (avatar_source IS NULL))
) STRICT;

CREATE INDEX contact_avatar ON contact (avatar_hash) WHERE avatar_hash IS NOT NULL;

CREATE TABLE contact_group (
    contact_id INTEGER NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (contact_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE request (
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    nickname TEXT,
    text TEXT,
    time INTEGER NOT NULL,
    PRIMARY KEY (account_id, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    peer TEXT NOT NULL,
    is_listed INTEGER NOT NULL CHECK (is_listed IN (0, 1)),
    is_muted INTEGER NOT NULL DEFAULT 0 CHECK (is_muted IN (0, 1)),
    is_pinned INTEGER NOT NULL DEFAULT 0 CHECK (is_pinned IN (0, 1)),
    draft TEXT,
    active_at INTEGER NOT NULL,
    -- Everything up to this place has been read. Not a reference: the message may be discarded.
    read_position INTEGER NOT NULL DEFAULT 0,
    read_id INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account_id, peer)
) STRICT;

CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 0),
    sender TEXT NOT NULL,
    is_outgoing INTEGER NOT NULL CHECK (is_outgoing IN (0, 1)),
    time INTEGER NOT NULL,
    state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 6),
    wants_receipt INTEGER NOT NULL CHECK (wants_receipt IN (0, 1)),
    origin_id TEXT, -- XEP-0359 §3.2
    stanza_id TEXT, -- the stanza's `id`, which need not be unique
    archive TEXT, -- whose archive gave `archive_id` (XEP-0359 §3.1)
    archive_id TEXT,
    body TEXT NOT NULL, -- last: a long one must not stand between a reader and the other columns
    CHECK ((archive IS NULL) = (archive_id IS NULL)),
    CHECK ((state = 0) = (is_outgoing = 0))
) STRICT;

CREATE INDEX message_order ON message (conversation_id, position, id);
CREATE INDEX message_incoming ON message (conversation_id, position, id) WHERE is_outgoing = 0;
CREATE INDEX message_waiting ON message (id) WHERE state = 1;
CREATE UNIQUE INDEX message_origin ON message (conversation_id, origin_id, sender) WHERE origin_id IS NOT NULL;
CREATE UNIQUE INDEX message_archive ON message (conversation_id, archive_id, archive) WHERE archive_id IS NOT NULL;

-- One file avatars/<hash>.png for each row that is usable.
CREATE TABLE avatar (
    hash TEXT PRIMARY KEY,
    mime TEXT NOT NULL,
    size INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    is_usable INTEGER NOT NULL CHECK (is_usable IN (0, 1))
) STRICT, WITHOUT ROWID;

-- What clients can do, under the hash they announce it by (XEP-0115 §5).
CREATE TABLE caps (
    algorithm TEXT NOT NULL,
    ver TEXT NOT NULL,
    identities TEXT NOT NULL CHECK (json_valid(identities)),
    features TEXT NOT NULL CHECK (json_valid(features)),
    used_at INTEGER NOT NULL,
    PRIMARY KEY (algorithm, ver)
) STRICT, WITHOUT ROWID;

CREATE INDEX caps_used ON caps (used_at);
