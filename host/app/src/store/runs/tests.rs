use super::*;
use crate::queue::shapes::{Level, NodeState};

struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn open(&self) -> RunStore {
        RunStore::new(Database::open(&self.folder.path().join("wirebrush.sqlite")).unwrap())
    }
}

fn run(id: &str) -> RunSummary {
    RunSummary {
        id: id.to_owned(),
        status: RunStatus::Queued,
        title: String::new(),
        graph_id: None,
        created_at: 1,
        started_at: None,
        ended_at: None,
        position: None,
        done: 0,
        total: 2,
        error: None,
        outputs: Vec::new(),
        retry_of: None,
    }
}

fn node(name: &str, state: NodeState) -> (NodeKey, NodeRun) {
    (name.into(), NodeRun::new(state))
}

fn insert(store: &RunStore, id: &str) -> bool {
    let asked = Asked {
        document: "{}".to_owned(),
        wanted: Some(vec![id.to_owned()]),
        wish: Some(format!("wish {id}")),
        node_names: format!("photo\nnode-{id}"),
    };
    store.insert(&run(id), &asked).unwrap()
}

fn end(store: &RunStore, id: &str, ended_at: i64) -> Vec<String> {
    let over = RunSummary { status: RunStatus::Finished, ended_at: Some(ended_at), ..run(id) };
    store.end(&over, &[], &[]).unwrap()
}

fn queued(store: &RunStore) -> Vec<String> {
    store.recover().unwrap().queued.into_iter().map(|run| run.id).collect()
}

#[test]
fn a_run_under_way_when_the_program_died_is_interrupted_and_the_queue_keeps_its_order() {
    let bench = Bench::new();
    let store = bench.open();
    for id in ["a", "b", "c", "d"] {
        assert!(insert(&store, id));
    }
    store.begin("a", 5).unwrap();
    store.save_nodes("a", &[node("x", NodeState::Finished), node("y", NodeState::Running)]).unwrap();
    store.reorder(["d", "b", "c"]).unwrap();
    store.set_paused(true).unwrap();
    drop(store);
    let store = bench.open();
    let found = store.recover().unwrap();
    assert!(found.paused);
    assert_eq!(found.queued.iter().map(|run| &*run.id).collect::<Vec<_>>(), ["d", "b", "c"]);
    let a = store.summary("a").unwrap().unwrap();
    assert_eq!((a.status, a.ended_at), (RunStatus::Interrupted, Some(found.last_end)));
    let nodes = store.nodes("a").unwrap();
    assert_eq!((nodes["x"].state, nodes["y"].state), (NodeState::Finished, NodeState::Cancelled));
    let asked = store.asked("a").unwrap().unwrap();
    assert_eq!(asked.wanted, Some(vec!["a".to_owned()]));
    assert_eq!((asked.wish.as_deref(), &*asked.node_names), (Some("wish a"), "photo\nnode-a"));
}

#[test]
fn a_run_of_the_same_id_is_not_added_again() {
    let store = Bench::new();
    let store = store.open();
    assert!(insert(&store, "a"));
    assert!(!insert(&store, "a"));
    assert_eq!(queued(&store), ["a"]);
}

#[test]
fn the_newest_runs_are_kept_and_the_others_forgotten_with_their_nodes() {
    let bench = Bench::new();
    let store = bench.open();
    assert!(insert(&store, "old"));
    store.save_nodes("old", &[node("x", NodeState::Finished)]).unwrap();
    assert!(end(&store, "old", 1).is_empty());
    store
        .0
        .with(|connection| {
            let sql = "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                   INSERT INTO runs (id, status, title, created_at, ended_at, done, total, outputs, document)
                   SELECT 'r' || i, 'finished', '', i, i, 0, 0, '[]', '{}' FROM n";
            Ok(connection.execute(sql, [KEPT])?)
        })
        .unwrap();
    assert!(insert(&store, "new"));
    assert_eq!(end(&store, "new", KEPT + 1), ["old"]);
    assert!(store.summary("old").unwrap().is_none());
    assert!(store.nodes("old").unwrap().is_empty());
    assert_eq!(store.ended(20_000, None, &Filter::default()).unwrap().len() as i64, KEPT);
}

#[test]
fn the_history_comes_in_pages_newest_first() {
    let bench = Bench::new();
    let store = bench.open();
    for (index, id) in ["a", "b", "c", "d"].into_iter().enumerate() {
        insert(&store, id);
        end(&store, id, index as i64 + 10);
    }
    let page = |limit, before, status| {
        let runs = store.ended(limit, before, &Filter::new(status, "")).unwrap();
        runs.into_iter().map(|run| run.id).collect::<Vec<_>>()
    };
    assert_eq!(page(2, None, None), ["d", "c"]);
    assert_eq!(page(2, Some(12), None), ["b", "a"]);
    assert!(page(9, None, Some(RunStatus::Failed)).is_empty());
    assert!(store.delete("b").unwrap());
    assert!(!store.delete("b").unwrap());
    assert_eq!(page(9, None, Some(RunStatus::Finished)), ["d", "c", "a"]);
}

#[test]
fn every_word_of_a_search_must_occur_somewhere_in_whatever_case() {
    let bench = Bench::new();
    let store = bench.open();
    for (index, (id, title, status, error)) in [
        ("a", "Grüne Tasse", RunStatus::Finished, None),
        ("b", "Tasse", RunStatus::Failed, Some("photo: no FILE of this name")),
        ("c", "Cup", RunStatus::Finished, None),
    ]
    .into_iter()
    .enumerate()
    {
        insert(&store, id);
        let title = title.to_owned();
        let over = RunSummary {
            status,
            ended_at: Some(index as i64 + 1),
            error: error.map(str::to_owned),
            ..run(id)
        };
        store.end(&over, &[], &[]).unwrap();
        let sql = "UPDATE runs SET title = ?2 WHERE id = ?1";
        store.0.with(|connection| Ok(connection.execute(sql, [id, &title])?)).unwrap();
    }
    let found = |status, search: &str| {
        let runs = store.ended(9, None, &Filter::new(status, search)).unwrap();
        runs.into_iter().map(|run| run.id).collect::<String>()
    };
    assert_eq!(found(None, "tasse"), "ba");
    assert_eq!(found(None, "GRÜNE  tasse "), "a");
    assert_eq!(found(None, "file"), "b");
    assert_eq!(found(None, "finished"), "ca");
    assert_eq!(found(None, "photo node-c"), "c");
    assert_eq!(found(Some(RunStatus::Finished), "tasse"), "a");
    assert_eq!(found(None, "tasse cup"), "");
    let forgotten = store.forget(&Filter::new(None, "tasse")).unwrap();
    assert_eq!(forgotten, ["b", "a"]);
    assert_eq!(found(None, ""), "c");
}

#[test]
fn what_is_not_over_is_never_forgotten_and_can_be_searched() {
    let bench = Bench::new();
    let store = bench.open();
    for id in ["over", "running", "queued"] {
        insert(&store, id);
    }
    end(&store, "over", 1);
    store.begin("running", 2).unwrap();
    let names = store.names_of_open().unwrap();
    assert_eq!(names.len(), 2);
    assert_eq!(names["queued"], "photo\nnode-queued");
    assert_eq!(store.forget(&Filter::default()).unwrap(), ["over"]);
    assert!(store.summary("running").unwrap().is_some() && store.summary("queued").unwrap().is_some());
}

#[test]
fn log_lines_come_back_in_order_and_go_with_their_run() {
    let bench = Bench::new();
    let store = bench.open();
    insert(&store, "a");
    let line = |number, message: &str| LogLine {
        number,
        at_ms: 7,
        node: "x".to_owned(),
        level: Level::Warn,
        message: message.to_owned(),
    };
    store.save_log("a", &[line(0, "first"), line(1, "second")]).unwrap();
    let over = RunSummary { status: RunStatus::Finished, ended_at: Some(1), ..run("a") };
    store.end(&over, &[], &[line(1, "again"), line(2, "third")]).unwrap();
    assert_eq!(store.log("a").unwrap(), [line(0, "first"), line(1, "second"), line(2, "third")]);
    store.delete("a").unwrap();
    insert(&store, "a");
    assert!(store.log("a").unwrap().is_empty());
}
