//! Prints the host functions that a Wasm module imports, one per line, from its import section. A single file without
//! dependencies, so that what decides about custody can be read in one go: the script compiles it with plain `rustc`.

use std::process::ExitCode;

const IMPORT_SECTION: u8 = 2;
const FUNCTION: u8 = 0;
const MEMORY: u8 = 2;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: wasm-imports <module.wasm>");
        return ExitCode::from(2);
    };
    let imports = std::fs::read(&path)
        .map_err(|e| e.to_string())
        .and_then(|module| imported_functions(&module));
    match imports {
        Ok(names) => {
            names.iter().for_each(|name| println!("{name}"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{path}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Anything but function and memory imports is an error: contracts import nothing else, and what is not understood must
/// not pass.
fn imported_functions(module: &[u8]) -> Result<Vec<String>, String> {
    let mut reader = Reader(module);
    if reader.take(8)? != b"\0asm\x01\0\0\0" {
        return Err("not a Wasm 1.0 module".into());
    }
    let mut names = Vec::new();
    while !reader.0.is_empty() {
        let id = reader.byte()?;
        let size = reader.number()?;
        let mut section = Reader(reader.take(size)?);
        if id != IMPORT_SECTION {
            continue;
        }
        for _ in 0..section.number()? {
            let module = section.name()?;
            let name = section.name()?;
            match section.byte()? {
                FUNCTION => {
                    section.number()?;
                    names.push(name);
                }
                MEMORY => {
                    let has_maximum = section.byte()? & 1 == 1;
                    section.number()?;
                    if has_maximum {
                        section.number()?;
                    }
                }
                kind => return Err(format!("import {module}::{name} of unexpected kind {kind}")),
            }
        }
        if !section.0.is_empty() {
            return Err(format!("{} bytes left in the import section", section.0.len()));
        }
    }
    names.sort();
    Ok(names)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("unexpected end")?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, String> {
        Ok(self.take(1)?[0])
    }

    /// An unsigned LEB128 number of at most 32 bits.
    fn number(&mut self) -> Result<usize, String> {
        let mut number = 0u64;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(number).map_err(|e| e.to_string());
            }
        }
        Err("number too long".into())
    }

    fn name(&mut self) -> Result<String, String> {
        let length = self.number()?;
        String::from_utf8(self.take(length)?.to_vec()).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::imported_functions;

    const HEADER: &[u8] = b"\0asm\x01\0\0\0";

    fn module(imports: &[u8]) -> Vec<u8> {
        let size = u8::try_from(imports.len()).unwrap();
        // A custom section comes first: sections other than imports are skipped by their size.
        [HEADER, &[0, 2, 1, b'x'], &[2, size], imports].concat()
    }

    #[test]
    fn functions_are_listed_and_memory_is_not() {
        let imports = b"\x03\x03env\x06memory\x02\x01\x02\x10\x05seal0\x05input\x00\x01\x05seal1\x04call\x00\x02";
        assert_eq!(imported_functions(&module(imports)).unwrap(), ["call", "input"]);
    }

    #[test]
    fn what_is_not_understood_does_not_pass() {
        assert!(imported_functions(b"\0asm\x02\0\0\0").is_err());
        assert!(
            imported_functions(&module(b"\x01\x03env\x01g\x03\x7f\x00")).is_err(),
            "imported global"
        );
        assert!(imported_functions(&module(b"\x00\x00")).is_err(), "trailing bytes");
        assert!(imported_functions(&module(b"\x01\x03env")).is_err(), "truncated");
    }
}
