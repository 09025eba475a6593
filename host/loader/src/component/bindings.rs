//! Generated from `plugin-sdk/wit` and `wit/std.wit`.

#![allow(missing_docs, unreachable_pub, reason = "generated")]

wasmtime::component::bindgen!({
    path: "../../plugin-sdk/wit",
    world: "plugin",
    imports: { default: trappable },
    with: {
        "wirebrush:node/host.image": crate::component::images::HostImage,
        "wirebrush:node/host.image-writer": crate::component::images::Writer,
    },
});

pub(super) mod std {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "wirebrush:stubs/std",
        imports: { default: trappable },
        with: {
            "wasi:io/error.error": crate::component::stubs::Nothing,
            "wasi:io/poll.pollable": crate::component::stubs::Nothing,
            "wasi:io/streams.input-stream": crate::component::stubs::Nothing,
            "wasi:io/streams.output-stream": crate::component::stubs::Output,
            "wasi:cli/terminal-input.terminal-input": crate::component::stubs::Nothing,
            "wasi:cli/terminal-output.terminal-output": crate::component::stubs::Nothing,
        },
    });
}
