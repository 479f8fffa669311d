//! `csms`: the whole of Wattline in one command. This package alone composes; every other crate knows only what it
//! stands on.

mod cli;

/// Messages are many small allocations, made on one thread and freed on another: the system's allocator spends a tenth
/// of all CPU on them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
