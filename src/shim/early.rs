//! Queries, answered before the C library has started.
//!
//! A compiler is asked `--version`, `-v`, `-dumpversion` many times before it compiles, and all that we do then is to
//! become it. Starting glibc for that costs more than the rest: it executes 68 CPUID instructions (counted, glibc
//! 2.36), and a virtual machine traps each of them; measured on one, 0.75 of the 0.85 ms that a call through any
//! glibc program adds. So the entry point of a static program is ours: it recognises a query by a bare compiler name,
//! finds the compiler as [`super::resolve`] does, and executes it. Whatever is not exactly that case, and every
//! failure, goes on to the C library's own start as if we had not been there.
//!
//! What may stand here is little. Nothing of the C library works yet, and that includes `memcpy`, `memcmp` and
//! `strlen`, which are resolved at its start; the compiler turns plain loops over bytes into calls to them. Hence raw
//! pointers, volatile reads, and no slices compared. The behaviour tests run against a static build too (`.ci/run`).

use std::arch::{asm, global_asm};
use std::mem::MaybeUninit;

use super::resolve::MARKER;
use super::{QUERIES, QUERY_STARTS};
use crate::command::driver::DRIVERS;

/// The longest path that is put together here (PATH_MAX); anything longer goes the ordinary way.
const LONGEST_PATH: usize = 4096;
/// The longest PATH, and the most variables, that are copied here.
const LONGEST_SEARCH: usize = 8192;
const MOST_VARIABLES: usize = 1000;

/// The variables that make another program than PATH's the compiler, or tell that another of us stands before us.
static OURS: [&[u8]; 4] = [b"PYCC_SHIM_CC=", b"PYCC_SHIM_CXX=", b"PYCC_SHIM_LAUNCHER=", b"_PYCC_SHIM_DEPTH="];
const DEPTH: &[u8] = b"_PYCC_SHIM_DEPTH=1\0";
const OWN_NAME: &[u8] = b"pycc-shim";

// The kernel starts a program with argc, argv and the environment on the stack, and in rdx a function that the C start
// code registers (System V ABI, "Initial Stack and Register State"); both must be found there again by `_start`.
global_asm!(
    ".globl pycc_shim_entry",
    "pycc_shim_entry:",
    "mov rbx, rsp",
    "mov r12, rdx",
    "mov rdi, rsp",
    "xor ebp, ebp",
    "and rsp, -16",
    "call {answer}",
    "mov rsp, rbx",
    "mov rdx, r12",
    "jmp _start",
    answer = sym answer,
);

/// A stretch of bytes somewhere in memory.
#[derive(Clone, Copy)]
struct Bytes {
    start: *const u8,
    length: usize,
}

/// Executes the compiler when the call is a query by a bare name; returns in every other case.
///
/// # Safety
/// `stack` is the stack pointer with which the kernel started the program.
unsafe extern "C" fn answer(stack: *const usize) {
    // SAFETY: the kernel's layout: argc, argc pointers, NULL, the environment's pointers, NULL.
    unsafe {
        let count = *stack;
        let arguments = stack.add(1).cast::<*const u8>();
        let variables = arguments.add(count + 1);
        if count < 2 || !is_query(arguments, count) {
            return;
        }
        let name = Bytes { start: *arguments, length: length(*arguments) };
        if !is_driver(name) {
            return;
        }
        let Some((at, path)) = search_path(variables) else { return };
        let mut candidate = MaybeUninit::<[u8; LONGEST_PATH]>::uninit();
        let candidate = candidate.as_mut_ptr().cast::<u8>();
        let Some(ours) = find(path, name, candidate) else { return };
        let mut shortened = MaybeUninit::<[u8; LONGEST_SEARCH]>::uninit();
        let shortened = shortened.as_mut_ptr().cast::<u8>();
        without(path, ours, shortened);
        let mut block = MaybeUninit::<[*const u8; MOST_VARIABLES + 2]>::uninit();
        let block = block.as_mut_ptr().cast::<*const u8>();
        let mut index = 0;
        while !(*variables.add(index)).is_null() {
            *block.add(index) = if index == at { shortened } else { *variables.add(index) };
            index += 1;
        }
        *block.add(index) = DEPTH.as_ptr();
        *block.add(index + 1) = std::ptr::null();
        system(libc::SYS_execve, candidate as usize, arguments as usize, block as usize, 0);
    }
}

/// As `shim::is_query`, for a call with arguments.
unsafe fn is_query(arguments: *const *const u8, count: usize) -> bool {
    // SAFETY: `count` valid strings.
    unsafe {
        let mut index = 1;
        while index < count {
            let argument = *arguments.add(index);
            if QUERIES.iter().any(|query| is(argument, query))
                || QUERY_STARTS.iter().any(|start| starts_with(argument, start))
            {
                return true;
            }
            index += 1;
        }
        count == 2 && is(*arguments.add(1), b"-v")
    }
}

/// As `driver::by_name`, for a name without a directory that is not one of our twins'.
unsafe fn is_driver(name: Bytes) -> bool {
    // SAFETY: reads inside the name only.
    unsafe {
        let mut index = 0;
        while index < name.length {
            if byte(name.start.add(index)) == b'/' {
                return false;
            }
            index += 1;
        }
        let mut stem = name.length;
        while stem > 0 && matches!(byte(name.start.add(stem - 1)), b'0'..=b'9' | b'.') {
            stem -= 1;
        }
        let is_version = stem < name.length
            && stem > 0
            && byte(name.start.add(stem - 1)) == b'-'
            && byte(name.start.add(stem)) != b'.';
        let stem = if is_version { stem - 1 } else { name.length };
        let is_named = DRIVERS.iter().any(|(driver, ..)| {
            let before = stem.wrapping_sub(driver.len());
            stem >= driver.len()
                && starts_with(name.start.add(before), driver)
                && (before == 0 || byte(name.start.add(before - 1)) == b'-')
        });
        is_named && !starts_with(name.start, OWN_NAME)
    }
}

/// PATH's index in the environment and its value; none where there is none, where a variable of ours wants more than
/// this, or where there is more than fits here.
unsafe fn search_path(variables: *const *const u8) -> Option<(usize, Bytes)> {
    // SAFETY: the environment's strings up to its NULL.
    unsafe {
        let mut found = None;
        let mut index = 0;
        loop {
            let variable = *variables.add(index);
            if variable.is_null() {
                return found.filter(|(_, path): &(usize, Bytes)| path.length + 6 < LONGEST_SEARCH);
            }
            if index == MOST_VARIABLES || OURS.iter().any(|name| starts_with(variable, name)) {
                return None;
            }
            if starts_with(variable, b"PATH=") {
                if found.is_some() {
                    return None;
                }
                let start = variable.add(5);
                found = Some((index, Bytes { start, length: length(start) }));
            }
            index += 1;
        }
    }
}

/// Walks PATH to the first compiler of that name that is not one of us, leaves its path in `candidate`, and gives the
/// entry of ours that was passed over. None where there is no such entry (then we were not found through PATH), more
/// than one, or anything unusual.
unsafe fn find(path: Bytes, name: Bytes, candidate: *mut u8) -> Option<Bytes> {
    // SAFETY: reads inside PATH and the name, writes inside LONGEST_PATH bytes.
    unsafe {
        let own = status(c"/proc/self/exe".as_ptr().cast())?;
        let marker = Bytes { start: MARKER.as_ptr(), length: MARKER.len() };
        let mut ours: Option<Bytes> = None;
        let mut rest = Some(path);
        while let Some(left) = rest {
            let (entry, after) = next_entry(left);
            rest = after;
            if ours.is_some_and(|ours| is_same(ours, entry)) {
                continue;
            }
            if !join(entry, name, candidate) {
                return None;
            }
            let Some(found) = status(candidate) else { continue };
            if found.mode & libc::S_IFMT == libc::S_IFDIR {
                continue;
            }
            let is_us = found.device == own.device && found.inode == own.inode;
            if is_us || (join(entry, marker, candidate) && status(candidate).is_some()) {
                if ours.is_some() {
                    return None;
                }
                ours = Some(entry);
                continue;
            }
            if found.mode & 0o111 == 0 || !join(entry, name, candidate) {
                return None;
            }
            return ours;
        }
        None
    }
}

/// The first entry of a search path, and what follows its colon.
unsafe fn next_entry(path: Bytes) -> (Bytes, Option<Bytes>) {
    // SAFETY: reads inside the path.
    unsafe {
        let mut end = 0;
        while end < path.length && byte(path.start.add(end)) != b':' {
            end += 1;
        }
        let entry = Bytes { start: path.start, length: end };
        let after =
            (end < path.length).then(|| Bytes { start: path.start.add(end + 1), length: path.length - end - 1 });
        (entry, after)
    }
}

/// `PATH=` and the path less every entry that is `ours`, NUL at its end.
unsafe fn without(path: Bytes, ours: Bytes, into: *mut u8) {
    // SAFETY: the result is never longer than the path and six bytes, which `search_path` made sure of.
    unsafe {
        let mut length = append(Bytes { start: b"PATH=".as_ptr(), length: 5 }, into, 0);
        let mut is_first = true;
        let mut rest = Some(path);
        while let Some(left) = rest {
            let (entry, after) = next_entry(left);
            rest = after;
            if !is_same(ours, entry) {
                if !is_first {
                    length = append(Bytes { start: b":".as_ptr(), length: 1 }, into, length);
                }
                length = append(entry, into, length);
                is_first = false;
            }
        }
        into.add(length).write_volatile(0);
    }
}

/// `ENTRY/NAME` and a NUL; an empty entry is the working directory. False where it does not fit.
unsafe fn join(entry: Bytes, name: Bytes, into: *mut u8) -> bool {
    // SAFETY: writes inside LONGEST_PATH bytes, which is what is asked first.
    unsafe {
        if entry.length + name.length + 3 > LONGEST_PATH {
            return false;
        }
        let mut length = append(entry, into, 0);
        if entry.length == 0 {
            length = append(Bytes { start: b"./".as_ptr(), length: 2 }, into, length);
        } else if byte(entry.start.add(entry.length - 1)) != b'/' {
            length = append(Bytes { start: b"/".as_ptr(), length: 1 }, into, length);
        }
        length = append(name, into, length);
        into.add(length).write_volatile(0);
        true
    }
}

unsafe fn append(bytes: Bytes, into: *mut u8, at: usize) -> usize {
    // SAFETY: the callers make sure that it fits. Volatile, or the loop would become memcpy.
    unsafe {
        let mut index = 0;
        while index < bytes.length {
            into.add(at + index).write_volatile(byte(bytes.start.add(index)));
            index += 1;
        }
    }
    at + bytes.length
}

unsafe fn is_same(one: Bytes, other: Bytes) -> bool {
    // SAFETY: reads inside both.
    unsafe {
        let mut index = 0;
        while index < one.length && index < other.length && byte(one.start.add(index)) == byte(other.start.add(index)) {
            index += 1;
        }
        index == one.length && index == other.length
    }
}

/// Whether a string is exactly that.
unsafe fn is(string: *const u8, text: &[u8]) -> bool {
    // SAFETY: the byte after the text is the string's NUL or inside it, for the text stands before it.
    unsafe { starts_with(string, text) && byte(string.add(text.len())) == 0 }
}

/// Whether a string (or a longer text that holds no NUL before that) begins so.
unsafe fn starts_with(string: *const u8, start: &[u8]) -> bool {
    // SAFETY: stops at the first byte that differs, so at the string's NUL at the latest.
    unsafe {
        let mut index = 0;
        while index < start.len() && byte(string.add(index)) == byte(start.as_ptr().add(index)) {
            index += 1;
        }
        index == start.len()
    }
}

unsafe fn length(string: *const u8) -> usize {
    // SAFETY: reads up to the NUL.
    unsafe {
        let mut length = 0;
        while byte(string.add(length)) != 0 {
            length += 1;
        }
        length
    }
}

/// One byte, read in a way that no loop of it becomes a call.
unsafe fn byte(at: *const u8) -> u8 {
    // SAFETY: the callers read inside their strings.
    unsafe { at.read_volatile() }
}

/// What is asked of a file; the whole `stat` would be copied by a call.
#[derive(Clone, Copy)]
struct File {
    device: u64,
    inode: u64,
    mode: u32,
}

unsafe fn status(path: *const u8) -> Option<File> {
    // SAFETY: a NUL-terminated path and room for the answer, which is read only after success.
    unsafe {
        let mut status = MaybeUninit::<libc::stat>::uninit();
        let status = status.as_mut_ptr();
        let here = (libc::AT_FDCWD as isize).cast_unsigned();
        if system(libc::SYS_newfstatat, here, path as usize, status as usize, 0) != 0 {
            return None;
        }
        Some(File { device: (*status).st_dev, inode: (*status).st_ino, mode: (*status).st_mode })
    }
}

/// A system call, without the C library (syscall(2), the x86-64 convention).
unsafe fn system(number: libc::c_long, one: usize, two: usize, three: usize, four: usize) -> libc::c_long {
    let answer: libc::c_long;
    // SAFETY: the callers' arguments are what the call takes; the kernel keeps all registers but these.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => answer,
            in("rdi") one,
            in("rsi") two,
            in("rdx") three,
            in("r10") four,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    answer
}
