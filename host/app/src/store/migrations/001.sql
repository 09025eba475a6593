-- Times are milliseconds since 1970. Graphs are kept as their canonical text, drafts as they came.

-- Numbers that only rise, across restarts too.
CREATE TABLE counters (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO counters (name, value) VALUES ('event', 0);

-- The current version of a graph is the highest one in `graph_versions`.
CREATE TABLE graphs (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    version  INTEGER NOT NULL,
    saved_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX graphs_by_time ON graphs (saved_at);

CREATE TABLE graph_versions (
    graph_id TEXT NOT NULL REFERENCES graphs (id) ON DELETE CASCADE,
    version  INTEGER NOT NULL,
    document TEXT NOT NULL,
    saved_at INTEGER NOT NULL,
    PRIMARY KEY (graph_id, version)
) STRICT;

-- The newest autosaved state of a graph, made on top of `base_version`.
CREATE TABLE drafts (
    graph_id     TEXT PRIMARY KEY REFERENCES graphs (id) ON DELETE CASCADE,
    document     TEXT NOT NULL,
    base_version INTEGER NOT NULL,
    saved_at     INTEGER NOT NULL
) STRICT;

-- Files named by their contents; the bytes lie in the asset folder.
CREATE TABLE assets (
    hash       TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    media_type TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- 1 for what a person brought along, 0 for what a run or the program itself made.
    uploaded   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX assets_by_time ON assets (uploaded, created_at);

-- Whether the next run waits although none is running.
CREATE TABLE queue (
    paused INTEGER NOT NULL
) STRICT;

INSERT INTO queue (paused) VALUES (0);

CREATE TABLE runs (
    id         TEXT PRIMARY KEY,
    status     TEXT NOT NULL,
    title      TEXT NOT NULL,
    graph_id   TEXT,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    -- No two runs have the same: pages of the history begin behind one.
    ended_at   INTEGER UNIQUE,
    -- Orders the queue; NULL once the run has left it.
    position   INTEGER,
    done       INTEGER NOT NULL,
    total      INTEGER NOT NULL,
    error      TEXT,
    -- JSON array of outputs.
    outputs    TEXT NOT NULL,
    retry_of   TEXT,
    -- JSON array of nodes and outputs; NULL for the graph's ends.
    wanted     TEXT,
    -- The graph as it runs, exposed values set. Last, because lists do not read it.
    document   TEXT NOT NULL
) STRICT;

CREATE INDEX runs_by_status ON runs (status, position);

-- What became of each node, as JSON.
CREATE TABLE run_nodes (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    node   TEXT NOT NULL,
    state  TEXT NOT NULL,
    PRIMARY KEY (run_id, node)
) STRICT, WITHOUT ROWID;
