//! Talks to a running `wirebrush serve` as any other program would.
