//! The program; what it does is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    quieten_wayland();
    wgpu_weights_cli::run()
}

/// libwayland, which the GL backend asks for a display, complains on standard error where there is
/// no folder for its socket, as on a server.
fn quieten_wayland() {
    #[cfg(target_os = "linux")]
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // SAFETY: this is the first thing that the program does; no other thread runs yet.
        unsafe { std::env::set_var("XDG_RUNTIME_DIR", std::env::temp_dir()) };
    }
}
