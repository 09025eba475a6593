//! Tricks that ZIP archives allow and packages do not.

use std::io::{Cursor, Write};

use crate::support::{archive, read, refusal, replaced, sealed, stored};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

#[test]
fn the_least_package_is_read() {
    let entries = sealed(&[("data/a.bin", b"a"), ("data/b.bin", b"")]);
    assert_eq!(read(&archive(&entries)).unwrap().1, {
        let mut files = entries[1..].to_vec();
        files.sort();
        files
    });
}

#[test]
fn no_name_leads_out_of_the_folder_or_to_a_device() {
    for name in [
        "../evil",
        "data/../../evil",
        "/etc/evil",
        "..\\evil",
        "C:\\evil",
        "C:evil",
        "data/evil:stream",
        "./evil",
        "data//evil",
        "NUL",
        "data/con.txt",
        ".hidden",
        "evil. ",
        "e\u{301}vil",
    ] {
        let refusal = refusal(&archive(&sealed(&[(name, b"evil")])));
        assert!(refusal.contains("cannot be the path of a file"), "{name}: {refusal}");
    }
}

#[test]
fn no_two_entries_are_one_file_on_some_system() {
    let twins = archive(&sealed(&[("data/lut", b"a"), ("data/LUT", b"b")]));
    assert!(refusal(&twins).contains("twice, case ignored"));
    let both = archive(&sealed(&[("data", b"a"), ("data/lut", b"b")]));
    assert!(refusal(&both).contains("a file and a folder"));
    let reserved = archive(&sealed(&[("Contents.json", b"{}")]));
    assert!(refusal(&reserved).contains("twice, case ignored"));
}

#[test]
fn an_entry_is_there_once() {
    let bytes = archive(&sealed(&[("data/a.bin", b"a"), ("data/b.bin", b"b")]));
    // In the archive's own headers only: contents.json spells the name with a quote behind it.
    let mut twice = bytes.clone();
    for at in 0..bytes.len() - 10 {
        if bytes[at..].starts_with(b"data/b.bin") && bytes[at + 10] != b'"' {
            twice[at + 5] = b'a';
        }
    }
    assert_ne!(bytes, twice);
    refusal(&twice);
}

type Zip = ZipWriter<Cursor<Vec<u8>>>;

#[test]
fn only_plain_files_are_in_a_package() {
    let entries = sealed(&[]);
    let with = |add: fn(&mut Zip)| {
        let mut zip = Zip::new(Cursor::new(Vec::new()));
        for (name, contents) in &entries {
            zip.start_file(name.as_str(), stored()).unwrap();
            zip.write_all(contents).unwrap();
        }
        add(&mut zip);
        zip.finish().unwrap().into_inner()
    };
    assert!(read(&with(|_| ())).is_ok());
    let link = with(|zip| zip.add_symlink("data", "/etc/passwd", stored()).unwrap());
    assert!(refusal(&link).contains("data: expected a plain file, found a link"));
    let folder = with(|zip| zip.add_directory("data", stored()).unwrap());
    assert!(refusal(&folder).contains("data/"), "{}", refusal(&folder));
}

#[test]
fn a_link_under_the_name_of_a_listed_file_is_refused() {
    let entries = sealed(&[("data/lut", b"/etc/passwd")]);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in &entries {
        if name == "data/lut" {
            zip.add_symlink("data/lut", "/etc/passwd", stored()).unwrap();
        } else {
            zip.start_file(name.as_str(), stored()).unwrap();
            zip.write_all(contents).unwrap();
        }
    }
    assert!(refusal(&zip.finish().unwrap().into_inner()).contains("found a link"));
}

#[test]
fn an_archive_that_unpacks_to_far_more_than_its_size_is_refused() {
    let zeros = vec![0; 32 << 20];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, contents) in sealed(&[("data/zeros", &zeros)]) {
        zip.start_file(name, deflated).unwrap();
        zip.write_all(&contents).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    assert!(bytes.len() < 64 << 10);
    assert!(refusal(&bytes).contains("bytes unpacked from"), "{}", refusal(&bytes));
}

#[test]
fn more_files_than_allowed_are_refused_before_they_are_listed() {
    let names: Vec<_> =
        (0..wirebrush_package::MAX_FILES + 1).map(|number| format!("data/{number}")).collect();
    let more: Vec<_> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    assert!(refusal(&archive(&sealed(&more))).contains("more than 4098 entries"));
}

/// Byte positions of the two headers of an entry: the local and the central one.
fn headers(bytes: &[u8], name: &str) -> (usize, usize) {
    let find = |signature: &[u8], name_at: usize| {
        (0..bytes.len() - name_at)
            .find(|at| {
                bytes[*at..].starts_with(signature) && bytes[at + name_at..].starts_with(name.as_bytes())
            })
            .unwrap()
    };
    (find(b"PK\x03\x04", 30), find(b"PK\x01\x02", 46))
}

fn write_u32(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

#[test]
fn sizes_that_lie_are_refused() {
    let bytes = archive(&sealed(&[("data/a.bin", b"0123456789"), ("data/b.bin", b"")]));
    let (local, central) = headers(&bytes, "data/a.bin");
    for size in [0, 9, 11, 1 << 20, u32::MAX] {
        let mut lies = bytes.clone();
        write_u32(&mut lies, local + 22, size);
        write_u32(&mut lies, central + 24, size);
        refusal(&lies);
        write_u32(&mut lies, local + 18, size);
        write_u32(&mut lies, central + 20, size);
        refusal(&lies);
    }
}

#[test]
fn both_headers_of_an_entry_say_the_same() {
    let bytes = archive(&sealed(&[("data/a.bin", b"a")]));
    let (local, _) = headers(&bytes, "data/a.bin");
    let mut differs = bytes.clone();
    differs[local + 30..local + 40].copy_from_slice(b"data/e.bin");
    refusal(&differs);
}

#[test]
fn entries_do_not_share_bytes() {
    let bytes = archive(&sealed(&[("data/a.bin", b"same"), ("data/b.bin", b"same")]));
    let (first, _) = headers(&bytes, "data/a.bin");
    let (_, second) = headers(&bytes, "data/b.bin");
    let mut overlaps = bytes.clone();
    write_u32(&mut overlaps, second + 42, u32::try_from(first).unwrap());
    refusal(&overlaps);
}

#[test]
fn encrypted_entries_and_other_compressions_are_refused() {
    let bytes = archive(&sealed(&[("data/a.bin", b"a")]));
    let (local, central) = headers(&bytes, "data/a.bin");
    let mut encrypted = bytes.clone();
    encrypted[local + 6] |= 1;
    encrypted[central + 8] |= 1;
    assert!(refusal(&encrypted).contains("encrypted"), "{}", refusal(&encrypted));
    let mut method = bytes.clone();
    method[local + 8] = 12;
    method[central + 10] = 12;
    refusal(&method);
}

#[test]
fn nothing_stands_before_or_behind_the_archive() {
    let bytes = archive(&sealed(&[]));
    assert!(read(&bytes).is_ok());
    refusal(&[b"#!/bin/sh\n", bytes.as_slice()].concat());
    refusal(&[bytes.as_slice(), b"more"].concat());
    let commented = replaced(&[bytes.as_slice(), b"hi"].concat(), b"\0\0hi", b"\x02\0hi");
    refusal(&commented);
}

#[test]
fn what_is_no_archive_is_refused() {
    for bytes in [b"".as_slice(), b"hello", b"PK\x03\x04", b"PK\x05\x06", &[0; 100], &[0xff; 100]] {
        refusal(bytes);
    }
    assert!(refusal(&archive(&sealed(&[])[1..])).contains("contents.json"));
}
