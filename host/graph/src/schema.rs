//! The JSON Schema of the document, for editors and other programs that write one.

use serde_json::{Value as Json, json};

use crate::{FORMAT, VERSION};

/// Characters of a user's name, as [`check_name`](crate::check_name) has them, but for spaces at the ends.
const NAME: &str = r##"^[^./#="\\\[\]\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+$"##;

/// `node.port`.
const ADDRESS: &str = r"^[^.]+\..+$";

/// JSON Schema (draft 2020-12) of a graph document of the current version.
///
/// It says what [`parse`](crate::parse()) takes. Whether types, ports and kinds exist depends on plugins and is
/// [`validate`](crate::validate())'s to say.
pub fn schema() -> Json {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:{}:{VERSION}", FORMAT.replace('/', ":")),
        "title": "Wirebrush graph",
        "description": "A node graph. Unknown fields are kept.",
        "type": "object",
        "required": ["format", "version", "nodes"],
        "properties": {
            "format": { "const": FORMAT },
            "version": { "const": VERSION },
            "title": { "type": "string", "description": "What people call the graph." },
            "nodes": { "$ref": "#/$defs/nodes" },
            "layout": { "$ref": "#/$defs/layout" },
            "requires": {
                "description": "Plugin ids with the versions the graph was made for.",
                "type": "object",
                "additionalProperties": { "type": "string", "description": "A semantic-version requirement, ^0.1." }
            },
            "made_with": {
                "description": "Plugin ids with the versions the graph last ran with; those are taken again while they are installed.",
                "type": "object",
                "additionalProperties": { "type": "string", "description": "A semantic version, 0.1.0." }
            },
            "models": {
                "description": "The models the graph last ran with, by the name that its nodes use. Another model with the same hash takes the place of one that is missing.",
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        "blake3": { "type": "string", "description": "Lower-case hex: of a file, of its contents; of several files, over their names and hashes." },
                        "role": { "type": "string", "description": "What it is for, such as transformer or lora." },
                        "family": { "type": "string", "description": "Models of equal role and family may stand in for one another." },
                        "pull": { "type": "string", "description": "What `wirebrush model pull` gets it with: OWNER/REPO, OWNER/REPO/FILE or a preset." },
                        "bytes": { "$ref": "#/$defs/size", "description": "Bytes of all its files; only models of this size need be read to find it again." }
                    }
                }
            },
            "exposed": {
                "description": "Inputs and outputs offered by name.",
                "type": "object",
                "propertyNames": { "$ref": "#/$defs/name" },
                "additionalProperties": { "$ref": "#/$defs/exposed" }
            },
            "definitions": {
                "description": "Subgraphs; a node of type #Name is an instance.",
                "type": "object",
                "propertyNames": { "$ref": "#/$defs/name" },
                "additionalProperties": { "$ref": "#/$defs/subgraph" }
            }
        },
        "$defs": {
            "name": { "type": "string", "minLength": 1, "maxLength": 100, "pattern": NAME },
            "size": {
                "description": "A number of bytes; digits in a string where a double would round it.",
                "oneOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": "^[0-9]{1,20}$" }]
            },
            "address": { "type": "string", "pattern": ADDRESS, "description": "node.port" },
            "nodes": {
                "description": "The nodes by the user's names.",
                "type": "object",
                "propertyNames": { "$ref": "#/$defs/name", "not": { "const": "frames" } },
                "additionalProperties": { "$ref": "#/$defs/node" }
            },
            "node": node(),
            "input": {
                "description": "A value, a link, or for a list input an array of both.",
                "anyOf": [
                    { "$ref": "#/$defs/item" },
                    { "type": "array", "items": { "$ref": "#/$defs/item" } }
                ]
            },
            "item": {
                "if": { "type": "object", "required": ["from"] },
                "then": { "$ref": "#/$defs/link", "properties": { "from": true }, "additionalProperties": false },
            },
            "link": {
                "description": "The output of another node.",
                "type": "object",
                "required": ["from"],
                "properties": { "from": { "$ref": "#/$defs/address" } }
            },
            "exposed": {
                "description": "\"node.input\", or { \"from\": \"node.output\" } for an output.",
                "oneOf": [
                    { "$ref": "#/$defs/address" },
                    { "$ref": "#/$defs/link" },
                    {
                        "type": "object",
                        "required": ["input"],
                        "properties": { "input": { "$ref": "#/$defs/address" }, "from": false }
                    }
                ]
            },
            "subgraph": subgraph(),
            "layout": layout()
        }
    })
}

fn node() -> Json {
    json!({
        "type": "object",
        "required": ["type"],
        "properties": {
            "type": { "type": "string", "description": "plugin/Name, or #Name for an instance of a subgraph." },
            "inputs": {
                "description": "The inputs that are wired or set; the others have their defaults.",
                "type": "object",
                "additionalProperties": { "$ref": "#/$defs/input" }
            },
            "state": { "enum": ["normal", "muted", "bypassed"], "default": "normal" },
            "note": { "type": "string", "description": "What the user wrote beside the node." }
        }
    })
}

fn subgraph() -> Json {
    json!({
        "description": "Its own literals are the defaults; an instance owns its values, by name.",
        "type": "object",
        "properties": {
            "inputs": {
                "description": "The inputs by name, each with the inner inputs it goes to.",
                "type": "object",
                "propertyNames": { "$ref": "#/$defs/name" },
                "additionalProperties": {
                    "oneOf": [
                        { "$ref": "#/$defs/address" },
                        { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/address" } }
                    ]
                }
            },
            "outputs": {
                "description": "The outputs by name, each with the inner output it comes from.",
                "type": "object",
                "propertyNames": { "$ref": "#/$defs/name" },
                "additionalProperties": {
                    "oneOf": [{ "$ref": "#/$defs/address" }, { "$ref": "#/$defs/link" }]
                }
            },
            "nodes": { "$ref": "#/$defs/nodes" },
            "layout": { "$ref": "#/$defs/layout" }
        }
    })
}

fn layout() -> Json {
    json!({
        "description": "By node name [x, y] or [x, y, width, height], a height of 0 folding the node to its title; by input \
            (node.input, node.input.0 for an item of a list) the points [[x, y], …] its wire bends at; and frames by \
            title. Never changes results.",
        "type": "object",
        "properties": {
            "frames": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "required": ["rect"],
                    "properties": {
                        "rect": { "type": "array", "items": { "type": "number" }, "minItems": 4, "maxItems": 4 },
                        "color": { "type": "string" },
                        "note": { "type": "string" }
                    }
                }
            }
        }
    })
}
