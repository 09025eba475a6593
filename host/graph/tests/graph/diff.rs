//! Changes are found by name, logic and layout apart.

use wirebrush_graph::{Graph, Node, Place, diff};

fn graph() -> Graph {
    Graph::new("Cup")
        .with("photo", Node::new("image/LoadImage").set("file", "cup.png"))
        .with("invert", Node::new("image/Invert").wire("image", "photo", "image"))
}

#[track_caller]
fn check(new: &Graph, expected: &str) {
    assert_eq!(diff(&graph(), new).to_string(), expected);
}

#[test]
fn equal_graphs_have_no_changes() {
    assert!(diff(&graph(), &graph()).is_empty());
}

#[test]
fn inputs_are_compared_one_by_one() {
    let mut new = graph();
    new.nodes.insert("photo".to_owned(), Node::new("image/LoadImage").set("file", "mug.png"));
    new.nodes.insert(
        "invert".to_owned(),
        Node::new("image/Invert").wire("image", "blur", "image").set("amount", 0.5),
    );
    new.nodes.insert("blur".to_owned(), Node::new("acme/Blur").wire("image", "photo", "image"));
    check(
        &new,
        "+ nodes.blur: acme/Blur\n\
         + nodes.invert.inputs.amount: 0.5\n\
         ~ nodes.invert.inputs.image: photo.image → blur.image\n\
         ~ nodes.photo.inputs.file: \"cup.png\" → \"mug.png\"",
    );
}

#[test]
fn a_node_that_is_gone_is_one_change() {
    let mut new = graph().expose("file", "photo", "file");
    new.nodes.remove("invert");
    new.title = "Mug".to_owned();
    check(&new, "+ exposed.file: \"photo.file\"\n- nodes.invert: image/Invert\n~ title: \"Cup\" → \"Mug\"");
}

#[test]
fn moving_boxes_is_no_change_of_the_logic() {
    let mut new = graph();
    new.layout.places.insert("photo".to_owned(), Place { x: 4.0, y: 0.5, size: None });
    let found = diff(&graph(), &new);
    assert!(found.logic.is_empty());
    assert_eq!(found.to_string(), "+ layout.photo: an array of 2");
}
