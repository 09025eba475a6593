//! Nobody changes a package unseen.

use crate::support::{archive, contents, entries, packed, plugin, read, refusal};
use wirebrush_package::SecretKey;

fn signed() -> (SecretKey, Vec<u8>) {
    let key = SecretKey::generate().unwrap();
    let bytes = packed(plugin().path(), Some(&key));
    (key, bytes)
}

#[test]
fn a_whole_package_says_who_signed_it() {
    let (key, bytes) = signed();
    assert_eq!(read(&bytes).unwrap().0, Some(key.public()));
    assert_eq!(
        read(&archive(&entries(&bytes))).unwrap().0,
        Some(key.public()),
        "compression does not matter"
    );
}

#[test]
fn no_file_can_be_changed() {
    let (_, bytes) = signed();
    for index in 0..entries(&bytes).len() {
        let mut changed = entries(&bytes);
        changed[index].1[0] ^= 1;
        refusal(&archive(&changed));
        let mut longer = entries(&bytes);
        longer[index].1.push(b'x');
        refusal(&archive(&longer));
    }
}

#[test]
fn no_file_can_be_taken_away() {
    let (_, bytes) = signed();
    for index in 0..entries(&bytes).len() {
        let mut fewer = entries(&bytes);
        let (name, _) = fewer.remove(index);
        if name == "signature.json" {
            assert_eq!(read(&archive(&fewer)).unwrap().0, None, "it is an unsigned package then");
        } else {
            assert!(refusal(&archive(&fewer)).contains(&name), "{name}");
        }
    }
}

#[test]
fn no_file_can_be_added() {
    let (_, bytes) = signed();
    let mut more = entries(&bytes);
    more.push(("data/extra.bin".to_owned(), b"extra".to_vec()));
    assert!(refusal(&archive(&more)).contains("data/extra.bin: it is not listed"));
}

#[test]
fn contents_written_anew_do_not_fit_the_signature() {
    let (_, bytes) = signed();
    let mut changed = entries(&bytes);
    let (at, _) = changed.iter().enumerate().find(|(_, (name, _))| name == "README.md").unwrap();
    changed[at].1 = b"# Evil".to_vec();
    let listed: Vec<_> = changed
        .iter()
        .filter(|(name, _)| !["contents.json", "signature.json"].contains(&&**name))
        .cloned()
        .collect();
    changed[0].1 = contents(&listed);
    assert!(refusal(&archive(&changed)).contains("tampered with"));
}

#[test]
fn the_signature_of_another_package_does_not_fit() {
    let key = SecretKey::generate().unwrap();
    let one = plugin();
    let other = plugin();
    std::fs::write(other.path().join("README.md"), "# Another").unwrap();
    let mut swapped = entries(&packed(one.path(), Some(&key)));
    let donor = entries(&packed(other.path(), Some(&key)));
    let at = swapped.iter().position(|(name, _)| name == "signature.json").unwrap();
    swapped[at] = donor[at].clone();
    assert!(refusal(&archive(&swapped)).contains("tampered with"));
}

#[test]
fn a_signature_cannot_name_another_key() {
    let (key, bytes) = signed();
    let mut changed = entries(&bytes);
    let other = SecretKey::generate().unwrap().public().to_string();
    let at = changed.iter().position(|(name, _)| name == "signature.json").unwrap();
    let text = String::from_utf8(changed[at].1.clone()).unwrap();
    changed[at].1 = text.replace(&key.public().to_string(), &other).into_bytes();
    assert!(refusal(&archive(&changed)).contains("tampered with"));
    changed[at].1 = text.replace("\"ed25519\"", "\"none\"").into_bytes();
    assert!(refusal(&archive(&changed)).contains("expected algorithm ed25519"));
}

#[test]
fn contents_have_one_spelling() {
    let (_, bytes) = signed();
    let mut unsigned = entries(&bytes);
    unsigned.retain(|(name, _)| name != "signature.json");
    let text = String::from_utf8(unsigned[0].1.clone()).unwrap();
    let twice = text.replacen("\"id\":", "\"id\": \"acme.evil\",\n  \"id\":", 1);
    for changed in
        [text.replace("  ", " "), text.trim_end().to_owned(), twice, text.replacen('{', "{\"x\":1,", 1)]
    {
        unsigned[0].1 = changed.into_bytes();
        assert!(refusal(&archive(&unsigned)).contains("contents.json"));
    }
}

#[test]
fn a_package_cut_off_anywhere_is_refused() {
    let (_, bytes) = signed();
    for len in 0..bytes.len() {
        refusal(&bytes[..len]);
    }
}

#[test]
fn a_bit_that_changes_anywhere_changes_nothing_or_is_seen() {
    let (key, bytes) = signed();
    let (_, files) = read(&bytes).unwrap();
    let mut refused = 0;
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        match read(&changed) {
            // Times and versions in headers are of no consequence.
            Ok((signer, unpacked)) => {
                assert_eq!((signer, &unpacked), (Some(key.public()), &files), "byte {at}")
            }
            Err(_) => refused += 1,
        }
    }
    assert!(refused * 10 > bytes.len() * 8, "{refused} of {} were seen", bytes.len());
}

#[test]
fn a_manifest_cannot_speak_for_another_plugin() {
    let (_, bytes) = signed();
    let mut changed = entries(&bytes);
    changed.retain(|(name, _)| name != "signature.json" && name != "contents.json");
    let at = changed.iter().position(|(name, _)| name == "plugin.json").unwrap();
    let text = String::from_utf8(changed[at].1.clone()).unwrap();
    for (from, to, message) in [
        (
            "acme.tone\"",
            "acme.evil\"",
            "expected acme.tone 1.2.3, which contents.json names, found acme.evil 1.2.3",
        ),
        ("1.2.3", "9.9.9", "found acme.tone 9.9.9"),
        ("libtone.so", "libevil.so", "is not in the package"),
        ("\"sha256\": \"", "\"sha256\": \"0", "has another hash"),
    ] {
        changed[at].1 = text.replacen(from, to, 1).into_bytes();
        let mut sealed = vec![("contents.json".to_owned(), contents(&changed))];
        sealed.extend(changed.clone());
        let refusal = refusal(&archive(&sealed));
        assert!(refusal.contains(message), "{refusal}");
    }
}
