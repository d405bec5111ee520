//! Places that may mean what is renamed: they are told in files that some program runs together with it, and in no others.

use super::Fixture;
use crate::db::File;
use crate::ide::importers::Importers;
use crate::ide::meetings::Meetings;
use crate::ide::{Live, references, rename};
use std::sync::Arc;

/// A member of a map, and a use of which nobody knows whose it is.
const OWN: &str = "Ship = {}\nShip.$0hp = 5\nprint Ship.hp\n";
const ANYBODYS: &str = "f = function(o)\n  return o.hp\nend function\n";

/// The files in which a rename of `hp` tells of places that may mean it.
fn possible_in(it: &Fixture, live: &Live) -> String {
    let renamed = rename(&it.db, &it.document, live, it.offset, "health").expect("it is renamed");
    assert!(renamed.edits.len() >= 2, "{:?}", renamed.edits);
    let mut files: Vec<&str> = renamed.possible.iter().map(|found| it.name(found.file)).collect();
    files.sort_unstable();
    files.dedup();
    files.join(" ")
}

#[track_caller]
fn check(files: &str, expected: &str) {
    let it = Fixture::new(&files.replace("OWN\n", OWN).replace("ANYBODYS\n", ANYBODYS));
    assert_eq!(possible_in(&it, &it.live()), expected, "{files}");
}

#[test]
fn places_that_may_mean_a_member_are_told_in_files_that_may_meet() {
    // Nobody runs both.
    check("//- own.ms\nOWN\n//- other.ms\nANYBODYS\n", "");
    check("//- own.ms\nimport \"lib\"\nOWN\n//- other.ms\nANYBODYS\n//- lib.ms\nx = 1\n", "");
    check("//- own.ms\nOWN\n//- other.ms\nANYBODYS\n//- main.ms\nimport \"own\"\n//- main2.ms\nimport \"other\"\n", "");
    // Programs that share a module do not see each other's maps.
    check("//- own.ms\nimport \"lib\"\nOWN\n//- other.ms\nimport \"lib\"\nANYBODYS\n//- lib.ms\nx = 1\n", "");
    // One imports the other, itself or through others.
    check("//- own.ms\nimport \"other\"\nOWN\n//- other.ms\nANYBODYS\n", "other.ms");
    check("//- own.ms\nOWN\n//- other.ms\nimport \"own\"\nANYBODYS\n", "other.ms");
    check("//- own.ms\nimport \"a\"\nOWN\n//- a.ms\nimport \"other\"\n//- other.ms\nANYBODYS\n", "other.ms");
    check("//- own.ms\nOWN\n//- a.ms\nimport \"own\"\n//- other.ms\nimport \"a\"\nANYBODYS\n", "other.ms");
    // A program imports both.
    check("//- own.ms\nOWN\n//- other.ms\nANYBODYS\n//- main.ms\nimport \"own\"\nimport \"other\"\n", "other.ms");
    check(
        "//- own.ms\nOWN\n//- other.ms\nANYBODYS\n//- main.ms\nimport \"own\"\nimport \"a\"\n//- a.ms\nimport \"other\"\n",
        "other.ms",
    );
}

#[test]
fn where_nobody_knows_who_imports_a_file_its_places_are_told() {
    // A name that is worked out may be that of any file below the folder.
    let both = "//- own.ms\nOWN\n//- sub/other.ms\nANYBODYS\n";
    check(&format!("{both}//- main.ms\nfor it in [\"own\", \"sub/other\"]\n  import it\nend for\n"), "sub/other.ms");
    check(&format!("{both}//- main.ms\nname = \"own\"\nx = import(\"sub/\" + name)\n"), "sub/other.ms");
    check(&format!("{both}//- sub/main.ms\nfor it in [\"other\", \"x\"]\n  import it\nend for\n"), "");
    // What nothing gives a value is no name of a module.
    check(&format!("{both}//- main.ms\nimport own\nimport other\n"), "");
    // One of two files that have the name, as the folder of the program says; or either, if the program looks elsewhere.
    let twice = "//- own.ms\nOWN\n//- sub/other.ms\nANYBODYS\n//- other.ms\nx = 1\n";
    check(&format!("{twice}//- main.ms\nimport \"own\"\nimport \"other\"\n"), "");
    check(
        &format!("{twice}//- main.ms\nenv.MS_IMPORT_PATH = \"/w/sub\"\nimport \"own\"\nimport \"other\"\n"),
        "sub/other.ms",
    );
    check(&format!("{twice}//- sub/main.ms\nimport \"own\"\nimport \"other\"\n"), "sub/other.ms");
}

#[test]
fn who_calls_import_by_another_name_may_run_any_file() {
    let both = "//- own.ms\nOWN\n//- other.ms\nANYBODYS\n//- main.ms\n";
    for main in [
        "load = @import\na = load(\"own\")\nb = load(\"other\")\n",
        "load = @import\nload \"own\"\nload \"other\"\n",
        "import \"own\"\nb = intrinsics[\"import\"](\"other\")\n",
        "import \"own\"\nL = {\"load\": @import}\nb = L.load(\"other\")\n",
        "import \"own\"\nboth = function(f, n)\n  return f(n)\nend function\nb = both(@import, \"other\")\n",
        "import \"own\"\nb = (@import)(\"other\")\n",
    ] {
        check(&format!("{both}{main}print b.f(a.Ship)\n"), "other.ms");
        // The one that is open, too.
        check(&format!("//- own.ms\n{main}OWN\n//- other.ms\nANYBODYS\n"), "other.ms");
    }
    check(&format!("{both}import \"own\"\nprint \"no import\"\n"), "");
}

/// The first file and the one of a name.
fn pair(it: &Fixture, name: &str) -> (File, File) {
    let files = it.db.files();
    let other = files.iter().copied().find(|&file| it.name(file) == name).expect("there is such a file");
    (it.document.file, other)
}

#[test]
fn files_that_are_not_read_yet_or_lie_elsewhere_may_import_any() {
    let text = format!("//- own.ms\n{OWN}//- other.ms\n{ANYBODYS}//- sub/far.ms\nx = 1\n");
    let it = Fixture::new(&text);
    let unread = Live { is_unread_around: true, ..it.live() };
    assert_eq!(possible_in(&it, &unread), "other.ms");
    assert_eq!(possible_in(&it, &it.live()), "");
    // In no folder of the workspace only what lies side by side is known.
    let mut places = it.places.clone();
    places.roots.clear();
    let importers = Importers::of(&it.db, &places);
    let mut meetings = Meetings::of(&it.db, &importers, false);
    let ((own, other), (_, far)) = (pair(&it, "other.ms"), pair(&it, "sub/far.ms"));
    assert!(!meetings.may_meet(own, other) && !meetings.may_meet(other, own));
    assert!(meetings.may_meet(own, far) && meetings.may_meet(far, own));
    assert_eq!(possible_in(&it, &Live { places: Arc::new(places.clone()), ..Live::default() }), "");
}

#[test]
fn modules_that_lie_elsewhere_import_files_too() {
    let text = format!(
        "//- own.ms\n{OWN}//- other.ms\n{ANYBODYS}//- main.ms\nimport \"own\"\nimport \"far\"\n//- lib/far.ms\nimport \"other\"\n"
    );
    let mut it = Fixture::new(&text);
    assert_eq!(possible_in(&it, &it.live()), "other.ms");
    // It is known where it lies, and is no file of the workspace.
    let far = pair(&it, "lib/far.ms").1;
    let inside = it.db.files().iter().copied().filter(|&file| file != far).collect();
    it.db.set_files(Arc::new(inside), Arc::default());
    assert_eq!(possible_in(&it, &it.live()), "other.ms");
}

#[test]
fn references_of_a_known_member_leave_strangers_out() {
    let it = Fixture::new(&format!("//- own.ms\n{OWN}//- other.ms\n{ANYBODYS}g = {{\"hp\": 1}}\nprint g.hp\n"));
    let found = references(&it.db, &it.document, &it.places, it.offset, true);
    assert!(found.len() == 2 && found.iter().all(|place| place.file == it.document.file), "{found:?}");
    let it = Fixture::new(&format!(
        "//- other.ms\n{}//- own.ms\n{}",
        ANYBODYS.replace("o.hp", "o.$0hp"),
        OWN.replace("$0", "")
    ));
    let found = references(&it.db, &it.document, &it.places, it.offset, true);
    assert!(found.len() == 1 && found[0].file == it.document.file, "{found:?}");
}
