-- What a run was asked with, to tell the same wish sent twice from another one; NULL where nobody knows.
ALTER TABLE runs ADD COLUMN wish TEXT;

-- Names of the nodes of a run, one a line, to search in. Not a column of `runs`: behind the graph, whoever reads it would
-- have to read that too.
CREATE TABLE run_names (
    run_id TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    names  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO run_names (run_id, names)
    SELECT run_id, group_concat(node, char(10)) FROM run_nodes GROUP BY run_id;

-- What nodes of a run said, in order.
CREATE TABLE run_log (
    run_id  TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    number  INTEGER NOT NULL,
    -- Since the run's start.
    at_ms   INTEGER NOT NULL,
    node    TEXT NOT NULL,
    level   TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;
