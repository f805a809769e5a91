//! Compiles Blueprint templates, style sheets and icons into one resource file, and the settings schema, all into `OUT_DIR`.
//! A new file in `resources/` is taken in by itself. Without the feature `ui` there is nothing to do.

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const PREFIX: &str = "/im/stonechat/Stonechat";
const SCHEMA: &str = "im.stonechat.Stonechat.gschema.xml";
/// The application's own icons, which a run from a checkout finds nowhere else.
const APPLICATION_ICONS: &str = "data/icons/hicolor";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=STONECHAT_LOCALE_DIR");
    if env::var_os("CARGO_FEATURE_UI").is_none() {
        return;
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    // A directory stands for all that is in it, also for files that come and go.
    println!("cargo:rerun-if-changed=resources");
    println!("cargo:rerun-if-changed=data/{SCHEMA}");
    println!("cargo:rerun-if-changed={APPLICATION_ICONS}");
    compile_resources(&out);
    compile_schema(&out);
}

fn compile_resources(out: &Path) {
    let templates = out.join("ui");
    // What was compiled before may have no source any more.
    let _ = fs::remove_dir_all(&templates);
    fs::create_dir_all(&templates).expect("OUT_DIR can be written");
    let blueprints = files(Path::new("resources/ui"), "blp");
    run(Command::new("blueprint-compiler").arg("batch-compile").arg(&templates).arg("resources/ui").args(&blueprints));

    let mut list = format!("<gresources><gresource prefix=\"{PREFIX}\">\n");
    let mut add = |name: &str, options: &str| {
        let _ = writeln!(list, "<file{options}>{name}</file>");
    };
    for blueprint in &blueprints {
        let name = blueprint.file_stem().and_then(|name| name.to_str()).expect("names are plain");
        add(&format!("ui/{name}.ui"), " preprocess=\"xml-stripblanks\" compressed=\"true\"");
    }
    for style in files(Path::new("resources"), "css") {
        add(relative(&style), " compressed=\"true\"");
    }
    for icon in files(Path::new("resources/icons/scalable/actions"), "svg") {
        add(relative(&icon), " preprocess=\"xml-stripblanks\"");
    }
    for folder in ["scalable/apps", "symbolic/apps"] {
        for icon in files(&Path::new(APPLICATION_ICONS).join(folder), "svg") {
            let name = icon.file_name().and_then(|name| name.to_str()).expect("names are plain");
            let options = format!(" alias=\"icons/{folder}/{name}\" preprocess=\"xml-stripblanks\"");
            add(&format!("{folder}/{name}"), &options);
        }
    }
    list.push_str("</gresource></gresources>\n");
    let list_file = out.join("stonechat.gresource.xml");
    fs::write(&list_file, list).expect("OUT_DIR can be written");
    run(Command::new("glib-compile-resources")
        .arg("--sourcedir")
        .arg(out)
        .args(["--sourcedir", "resources", "--sourcedir", APPLICATION_ICONS, "--target"])
        .arg(out.join("stonechat.gresource"))
        .arg(&list_file));
}

fn compile_schema(out: &Path) {
    let schemas = out.join("schemas");
    fs::create_dir_all(&schemas).expect("OUT_DIR can be written");
    fs::copy(Path::new("data").join(SCHEMA), schemas.join(SCHEMA)).expect("the schema is there");
    run(Command::new("glib-compile-schemas").arg("--strict").arg(&schemas));
}

/// The files of one kind in a folder, in order; none where there is no such folder.
fn files(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == kind))
        .collect();
    files.sort();
    files
}

fn relative(path: &Path) -> &str {
    path.strip_prefix("resources").ok().and_then(Path::to_str).expect("the file lies in resources/")
}

fn run(command: &mut Command) {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().unwrap_or_else(|error| {
        panic!("{program} can't be run ({error}); `dev/shell` has everything that a build needs")
    });
    assert!(
        output.status.success(),
        "{program} failed\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
