//! The data folders are embedded, so a change in them is a change of the program.

fn main() {
    for folder in ["personas", "schemas", "scenarios"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
