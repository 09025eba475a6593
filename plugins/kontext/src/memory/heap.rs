//! Memory that was freed and that the allocator still holds.

/// Gives it back to the system, so that what left is really gone.
///
/// glibc keeps freed blocks below its threshold of up to 32 MiB for later use; most matrices of a text encoder are that small.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code, reason = "no crate here wraps malloc_trim")]
pub(crate) fn trim() {
    unsafe extern "C" {
        fn malloc_trim(pad: usize) -> std::ffi::c_int;
    }
    // SAFETY: malloc_trim(3) takes any number and touches only memory that is free; it may be called from any thread.
    unsafe { malloc_trim(0) };
}

/// Other allocators give memory back by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn trim() {}
