//! Where the `import`s of a document lead: names in its text, folders to look into, files on disk.
//!
//! `db` and `ide` look up what is known, `world` reads what is not, `check` does both at once. Invariants: folders and files come in the
//! order of the documented path (LANGUAGE 8.8); nothing outside of the given roots is read, whatever a program asks for.

use memchr::memmem;
use minilive_jit::engine::modules::ModuleAnswer;
use minilive_mir::diagnostic::Severity;
use minilive_mir::lower::lower_module;
use minilive_mir::names::ENSURE_IMPORT;
use minilive_syntax::ast::{AstNode, CallStmt, Expr, LiteralValue, PostfixExpr, Suffix};
use minilive_syntax::{Parse, SyntaxKind, SyntaxNode, SyntaxToken, TextRange};
use std::collections::VecDeque;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Files in which a module may be, in order.
pub type Lookup = Arc<[PathBuf]>;

/// What identifies a module's code, and what its errors would name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ModulePrint {
    /// Hash of its units.
    pub code: u64,
    /// Hash of their names and lines.
    pub positions: u64,
}

impl ModulePrint {
    /// There is no such module.
    pub const MISSING: ModulePrint = ModulePrint { code: 0, positions: 0 };

    /// There is a file that is not UTF-8, which has a stray byte on this line.
    pub fn no_text(line: u32) -> ModulePrint {
        ModulePrint { code: 0, positions: u64::from(line) }
    }
}

/// What an `import` gets of a file: its program, or why it has none.
pub fn compiled(parse: &Parse, file: &str) -> ModuleAnswer {
    let (program, diagnostics) = lower_module(parse, file);
    match diagnostics.into_iter().find(|it| it.severity == Severity::Error) {
        None => ModuleAnswer::Found(Arc::new(program)),
        Some(error) => {
            let message = error.reference.unwrap_or(error.message);
            ModuleAnswer::Broken { message, file: file.to_owned(), line: error.reference_line }
        }
    }
}

/// Why a module does not compile, and on which line.
pub fn first_error(parse: &Parse) -> Option<(Arc<str>, u32)> {
    let error = lower_module(parse, "").1.into_iter().find(|it| it.severity == Severity::Error)?;
    Some((error.message.into(), error.reference_line))
}

/// What it gets of a file that is not UTF-8, with the line of its first stray byte.
pub fn no_text(file: String, line: u32) -> ModuleAnswer {
    ModuleAnswer::Broken { message: "the file is not UTF-8 text; save it in that encoding".to_owned(), file, line }
}

/// Where the modules of a document may be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Places {
    /// The document's folder.
    pub script: Option<PathBuf>,
    /// The folder of the executable.
    pub executable: Option<PathBuf>,
    /// The folders of the workspace.
    pub roots: Vec<PathBuf>,
    /// Where they are looked for behind these: in folders of the settings, and in those of the programs that a module is part of.
    pub also: Vec<PathBuf>,
}

impl Places {
    /// What a program sees of these folders in its environment.
    pub fn variables(&self) -> Vec<(String, String)> {
        let named = [("MS_SCRIPT_DIR", &self.script), ("MS_EXE_DIR", &self.executable)];
        let text = |path: &PathBuf| path.to_string_lossy().into_owned();
        named.into_iter().filter_map(|(name, path)| Some((name.to_owned(), text(path.as_ref()?)))).collect()
    }

    /// The files of a module on the path that holds unless a program changes it, and in the further folders.
    pub fn lookup(&self, name: &str) -> Lookup {
        let script = self.script.iter().flat_map(|folder| [folder.clone(), folder.join("lib")]);
        let executable = self.executable.iter().map(|folder| folder.join("lib"));
        lookup(script.chain(executable).chain(self.also.iter().cloned()), name)
    }

    /// The same with more folders, each once.
    pub fn with(&self, more: impl IntoIterator<Item = PathBuf>) -> Places {
        let mut places = self.clone();
        for folder in more {
            if places.script.as_ref() != Some(&folder) && !places.also.contains(&folder) {
                places.also.push(folder);
            }
        }
        places
    }

    /// What stands on disk at the paths of a lookup, up to the first file.
    pub fn first_on_disk(&self, lookup: &[PathBuf]) -> Vec<OnDisk> {
        let mut all = Vec::new();
        for path in lookup {
            let found = self.read(path);
            let is_last = matches!(found, OnDisk::Text(_) | OnDisk::NoText(_));
            all.push(found);
            if is_last {
                break;
            }
        }
        all
    }

    /// Reads the module if it is in the workspace, beside the document or the executable, or in one of the further folders.
    pub fn read(&self, path: &Path) -> OnDisk {
        let Ok(real) = path.canonicalize() else { return OnDisk::Missing };
        let roots = self.roots.iter().chain(&self.script).chain(&self.executable).chain(&self.also);
        if !roots.filter_map(|root| root.canonicalize().ok()).any(|root| real.starts_with(root)) {
            return OnDisk::Outside;
        }
        match std::fs::read(&real).map(|bytes| decode_module(&bytes)) {
            Ok(Ok(text)) => OnDisk::Text(text),
            Ok(Err(line)) => OnDisk::NoText(line),
            Err(_) => OnDisk::Missing,
        }
    }
}

/// The variable of a program's environment that says where modules are.
pub const SEARCH_PATH: &str = "MS_IMPORT_PATH";

/// The folders that stand in a text for its search path: in the strings behind the variable, on the same line. What is worked out otherwise is
/// not known.
pub fn import_path(text: &str, script: Option<&Path>) -> Vec<PathBuf> {
    let lines = text.lines().filter_map(|line| line.split_once(SEARCH_PATH)?.1.split_once('='));
    let strings = lines.flat_map(|(_, value)| value.split('"').skip(1).step_by(2).collect::<Vec<_>>());
    let entries = strings.flat_map(|it| it.split([':', ';'])).filter(|it| !it.is_empty());
    let variables = ["$MS_SCRIPT_DIR", "${MS_SCRIPT_DIR}"];
    let folder = |entry: &str| {
        let own = variables.iter().find_map(|it| entry.strip_prefix(it)).map(|rest| rest.trim_start_matches('/'));
        let relative = own.unwrap_or(entry);
        (!relative.contains('$'))
            .then(|| script.map_or_else(|| relative.into(), |script| plain(&script.join(relative))))
    };
    entries.filter_map(folder).collect()
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnDisk {
    /// Nothing that can be read.
    Missing,
    /// Something outside of what evaluated code may see.
    Outside,
    /// A module's text.
    Text(String),
    /// A file that is not UTF-8, with the line of its first stray byte.
    NoText(u32),
}

/// The files of a module in these folders.
pub fn lookup(folders: impl IntoIterator<Item = PathBuf>, name: &str) -> Lookup {
    folders.into_iter().map(|folder| plain(&folder.join(format!("{name}.ms")))).collect()
}

/// The path without `.` and `..`, as far as that is possible without looking at the disk.
pub fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// The folder of a program, in which its imports look first.
pub fn script_folder(uri: &str) -> Option<PathBuf> {
    let path = path_of(uri).unwrap_or_else(|| uri.into());
    path.parent().map(Path::to_path_buf)
}

/// The file that a client means; none for texts that are in no file.
pub fn path_of(uri: &str) -> Option<PathBuf> {
    match url::Url::parse(uri) {
        Ok(url) if url.scheme() == "file" => url.to_file_path().ok().map(|path| plain(&path)),
        // A drive letter is read as a scheme.
        Ok(url) if url.scheme().len() > 1 => None,
        _ => std::path::absolute(uri).ok().map(|path| plain(&path)),
    }
}

/// The last part of a document's name.
pub fn base_name(uri: &str) -> &str {
    uri.rsplit(['/', '\\']).next().unwrap_or(uri)
}

/// An `import` whose name stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConstantImport {
    /// The name.
    pub name: String,
    /// The string literal.
    pub range: TextRange,
    /// It is done once, so a circle of such is none.
    pub once: bool,
}

/// All of them, in order.
pub fn constant_imports(root: &SyntaxNode) -> Vec<ConstantImport> {
    root.descendants().flat_map(constant_imports_of).collect()
}

/// Their names. The word is looked for in the text, since most of a long text is about something else.
pub fn imported_names(text: &str, root: &SyntaxNode) -> Vec<String> {
    let words = memmem::find_iter(text.as_bytes(), IMPORT).filter_map(|at| u32::try_from(at).ok());
    let tokens = words.filter_map(|at| root.token_at_offset(at.into()).right_biased());
    // The word is in a name, and that in the call.
    let imports = |it: SyntaxToken| {
        let mut around = it.parent_ancestors().take(2).map(constant_imports_of);
        around.find(|found| !found.is_empty()).unwrap_or_default()
    };
    tokens.flat_map(imports).map(|it| it.name).collect()
}

/// What the words of all calls that import have in common.
pub const IMPORT: &str = "mport";

/// What a call imports.
fn constant_imports_of(node: SyntaxNode) -> Vec<ConstantImport> {
    called(node).map(|(callee, argument)| imports_of(&callee, argument)).unwrap_or_default()
}

/// What is called there, and its first argument.
fn called(node: SyntaxNode) -> Option<(Expr, Expr)> {
    if let Some(statement) = CallStmt::cast(node.clone()) {
        return Some((statement.callee()?, statement.arg_list()?.args().next()?));
    }
    let call = PostfixExpr::cast(node)?;
    let Some(Suffix::Call(suffix)) = call.suffixes().next() else { return None };
    Some((call.base()?, suffix.arg_list()?.args().next()?))
}

/// Whether a call imports by a name that is worked out.
pub fn works_out_imports(root: &SyntaxNode) -> bool {
    let is_text = |it: &Expr| matches!(it, Expr::Literal(_));
    root.descendants().filter_map(called).any(|(callee, argument)| match (&callee, &argument) {
        (Expr::Name(name), _) if !name.name_token().is_some_and(|it| it.text().contains(IMPORT)) => false,
        (Expr::Name(_), Expr::List(list)) => !list.elements().all(|it| is_text(&it)),
        (Expr::Name(_), argument) => !is_text(argument),
        _ => false,
    })
}

/// Whether a function that imports is named otherwise than to call it there, so that it may be called by another name: as `@import`,
/// `intrinsics["import"]`, a member, an argument. The word is looked for in the text, since most of a long text is about something else.
pub fn hides_imports(text: &str, root: &SyntaxNode) -> bool {
    let words = memmem::find_iter(text.as_bytes(), IMPORT).filter_map(|at| u32::try_from(at).ok());
    words.filter_map(|at| root.token_at_offset(at.into()).right_biased()).any(|it| hides_import(&it))
}

/// Whether a token is the name of such a function, and not what a call names.
fn hides_import(token: &SyntaxToken) -> bool {
    let is_import = |name: &str| matches!(name, "import" | ENSURE_IMPORT);
    match token.kind() {
        SyntaxKind::Ident => is_import(token.text()) && !token.parent().is_some_and(|it| is_called(&it)),
        SyntaxKind::StringLit => {
            token.text().strip_prefix('"').and_then(|it| it.strip_suffix('"')).is_some_and(is_import)
        }
        _ => false,
    }
}

/// Whether a name is what the statement or expression around it calls. As a statement it is called even without arguments.
fn is_called(name: &SyntaxNode) -> bool {
    let Some(around) = name.parent() else { return false };
    if around.kind() == SyntaxKind::ExprStmt {
        return true;
    }
    let statement = CallStmt::cast(around.clone()).and_then(|it| it.callee());
    let callee = statement.or_else(|| called(around).map(|(callee, _)| callee));
    callee.is_some_and(|it| it.syntax() == name)
}

fn imports_of(callee: &Expr, argument: Expr) -> Vec<ConstantImport> {
    let Expr::Name(name) = callee else { return Vec::new() };
    let once = name.name_token().is_some_and(|it| it.text() == ENSURE_IMPORT);
    let named = |literal: Expr| {
        let Expr::Literal(literal) = literal else { return None };
        let range = literal.syntax().text_range();
        let Some(LiteralValue::String(name)) = literal.value() else { return None };
        (!name.is_empty()).then_some(ConstantImport { name, range, once })
    };
    match (name.name_token().as_ref().map(SyntaxToken::text), argument) {
        (Some(ENSURE_IMPORT), Expr::List(list)) => list.elements().filter_map(named).collect(),
        (Some("import" | ENSURE_IMPORT), argument) => named(argument).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Finds all programs below folders, folder by folder, until told to stop. Links and hidden folders are left out. It is told of each folder
/// before that is read.
pub fn programs_below(roots: Vec<PathBuf>, mut enters: impl FnMut(&Path), found: &mut dyn FnMut(PathBuf) -> bool) {
    let mut folders = VecDeque::from(roots);
    while let Some(folder) = folders.pop_front() {
        enters(&folder);
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let (name, path) = (entry.file_name(), entry.path());
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && !is_left_out(&name) {
                folders.push_back(path);
            } else if kind.is_file() && path.extension().is_some_and(|it| it == "ms") && !found(path) {
                return;
            }
        }
    }
}

/// Whether a folder of that name holds no programs of the person who has it open.
pub fn is_left_out(folder: &OsStr) -> bool {
    folder.to_string_lossy().starts_with('.') || folder == "node_modules"
}

/// What is said of an `import` that leads nowhere: code and sentence.
pub fn missing(name: &str, lookup: &[PathBuf]) -> (&'static str, String) {
    let folders: Vec<_> = lookup.iter().filter_map(|path| Some(path.parent()?.display().to_string())).collect();
    ("import-not-found", format!("there is no module `{name}` in {}", folders.join(", ")))
}

/// What is said of an `import` of a module that does not compile.
pub fn broken(name: &str, message: &str, line: u32) -> (&'static str, String) {
    ("import-broken", format!("the module `{name}` does not compile: {message} (line {line})"))
}

/// What is said of an `import` of a file that is not UTF-8, with the line of its first stray byte.
pub fn not_text(name: &str, line: u32) -> (&'static str, String) {
    let why = format!("there is a stray byte on line {line}; save the file in that encoding");
    ("import-broken", format!("the module `{name}` is not UTF-8 text: {why}"))
}

/// What is said of an `import` that leads back to its own file.
pub fn circle(name: &str, way: &[String]) -> (&'static str, String) {
    let chain: Vec<_> =
        std::iter::once(name).chain(way.iter().map(String::as_str)).map(|it| format!("`{it}`")).collect();
    ("import-circle", format!("this import leads back to this file, through {}", chain.join(", ")))
}

/// What is said of an `import` behind which others import each other in a circle.
pub fn circle_elsewhere(name: &str, way: &[String]) -> (&'static str, String) {
    let chain: Vec<_> =
        std::iter::once(name).chain(way.iter().map(String::as_str)).map(|it| format!("`{it}`")).collect();
    ("import-circle", format!("this import leads into a circle that never ends: {}", chain.join(", ")))
}

/// Whether a place is in the body of a function.
pub fn is_in_function(root: &SyntaxNode, range: TextRange) -> bool {
    root.covering_element(range).ancestors().any(|it| it.kind() == SyntaxKind::FunctionExpr)
}

/// The names of the `import`s that lead from a file to one that is on the way already, or nothing.
pub fn cycle_behind<F: Clone + PartialEq>(first: &F, next: impl Fn(&F) -> Vec<(String, F)>) -> Option<Vec<String>> {
    // The files on the way, each with those of its imports that were not followed yet.
    let (mut way, mut names, mut done) = (vec![(first.clone(), next(first))], Vec::new(), Vec::new());
    while let Some((file, rest)) = way.last_mut() {
        let Some((name, target)) = rest.pop() else {
            done.push(file.clone());
            way.pop();
            names.pop();
            continue;
        };
        let closes = way.iter().any(|(it, _)| *it == target);
        if closes || !done.contains(&target) {
            names.push(name);
        }
        if closes {
            return Some(names);
        }
        if !done.contains(&target) {
            let imports = next(&target);
            way.push((target, imports));
        }
    }
    None
}

/// The way from a file through `import`s with constant names back to it: names in order, or nothing.
///
/// `next` gives the imports of a file with the files they lead to.
pub fn cycle<F: Clone + PartialEq>(start: &F, first: &F, next: impl Fn(&F) -> Vec<(String, F)>) -> Option<Vec<String>> {
    let mut seen = vec![first.clone()];
    let mut ways = vec![(first.clone(), Vec::new())];
    while let Some((file, way)) = ways.pop() {
        if file == *start {
            return Some(way);
        }
        for (name, target) in next(&file) {
            if target == *start || !seen.contains(&target) {
                seen.push(target.clone());
                ways.push((target, way.iter().cloned().chain([name]).collect()));
            }
        }
    }
    None
}

/// The text of a module's file; carriage returns are line ends there. The line of a stray byte if it is no text.
pub fn decode_module(bytes: &[u8]) -> Result<String, u32> {
    Ok(valid_text(bytes)?.replace("\r\n", "\n").replace('\r', "\n"))
}

/// The text without its byte-order mark, or the line of the first byte that belongs to none.
pub fn valid_text(bytes: &[u8]) -> Result<&str, u32> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let ends = bytes[..error.valid_up_to()].iter().filter(|it| **it == b'\n').count();
        u32::try_from(ends + 1).unwrap_or(u32::MAX)
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_imports_are_found_wherever_they_stand() {
        let text =
            "import \"a\"\nf = function\n  x = import(\"b\").y\nend function\nimport c\nimport \"\"\nm.import \"d\"\n";
        let parse = minilive_syntax::parse(text);
        let found = constant_imports(&parse.syntax());
        let names: Vec<_> = found.iter().map(|it| (it.name.as_str(), &text[it.range])).collect();
        assert_eq!(names, [("a", "\"a\""), ("b", "\"b\"")]);
        assert_eq!(imported_names(text, &parse.syntax()), ["a", "b"]);
        let text =
            "ensureImport \"a\"\nensureImport [\"b\", c, \"\", \"d\"]\nx = ensureImport(\"e\")\nm.ensureImport \"f\"\n";
        let parse = minilive_syntax::parse(text);
        let names: Vec<_> = constant_imports(&parse.syntax()).into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["a", "b", "d", "e"]);
        assert_eq!(imported_names(text, &parse.syntax()), names);
    }

    #[test]
    fn the_word_in_other_places_names_no_module() {
        let text =
            "// import \"a\"\nx = \"import\"\nimporter \"b\"\nimport \"c\" // import\nimport import(\"d\")\ny = import";
        let root = minilive_syntax::parse(text).syntax();
        let all: Vec<_> = constant_imports(&root).into_iter().map(|it| it.name).collect();
        assert_eq!(all, ["c", "d"]);
        assert_eq!(imported_names(text, &root), all);
    }

    #[test]
    fn a_function_that_imports_is_hidden_where_it_is_named_but_not_called() {
        let hides = |text: &str| hides_imports(text, &minilive_syntax::parse(text).syntax());
        for text in [
            "load = @import\nload \"a\"\n",
            "x = (@import)(\"a\")\n",
            "f (import)\n",
            "x = @ import\n",
            "intrinsics[\"import\"](\"a\")\n",
            "intrinsics.import \"a\"\n",
            "l = {\"load\": @import}\n",
            "both @import, \"a\"\n",
            "import @import\n",
            "load = @ensureImport\n",
        ] {
            assert!(hides(text), "{text}");
        }
        for text in [
            "import \"a\"\n",
            "x = import(\"a\").y\n",
            "if import(\"a\").y then import b\n",
            "import\n",
            "ensureImport [\"a\", \"b\"]\n",
            "// @import\nx = \"an import\"\nimporter = 1\nm.imports = 2\n",
        ] {
            assert!(!hides(text), "{text}");
        }
    }

    #[test]
    fn files_come_in_the_order_of_the_path() {
        let places = Places { script: Some("/s".into()), executable: Some("/e".into()), ..Places::default() };
        let files = places.lookup("../x");
        let expected: [PathBuf; 3] = ["/x.ms".into(), "/s/x.ms".into(), "/e/x.ms".into()];
        assert_eq!(*files, expected);
    }

    #[test]
    fn the_search_path_is_read_where_it_stands() {
        let read = |line: &str| import_path(&format!("x = 1\n{line}\n"), Some(Path::new("/game/src")));
        let all = read("env.MS_IMPORT_PATH = \"../shared:\" + env.MS_IMPORT_PATH + \";/other;$MS_SCRIPT_DIR/more\"");
        let expected: [PathBuf; 3] = ["/game/shared".into(), "/other".into(), "/game/src/more".into()];
        assert_eq!(all, expected);
        assert_eq!(read("env.MS_IMPORT_PATH = \"$HOME/x\""), [""; 0].map(PathBuf::from));
        assert_eq!(read("print env.MS_IMPORT_PATH"), [""; 0].map(PathBuf::from));
    }

    #[test]
    fn names_of_documents_are_files_where_they_can_be() {
        assert_eq!(path_of("file:///a%20b/c.ms"), Some("/a b/c.ms".into()));
        assert_eq!(path_of("untitled:Untitled-1"), None);
        assert!(path_of("x.ms").is_some_and(|path| path.is_absolute()));
    }

    #[test]
    fn ways_back_are_found_and_others_are_not() {
        let next = |file: &char| match file {
            'b' => vec![("c".to_owned(), 'c'), ("d".to_owned(), 'd')],
            'd' => vec![("b".to_owned(), 'b'), ("a".to_owned(), 'a')],
            _ => Vec::new(),
        };
        assert_eq!(cycle(&'a', &'b', next), Some(vec!["d".to_owned(), "a".to_owned()]));
        assert_eq!(cycle(&'c', &'b', |file| next(file).into_iter().filter(|it| it.1 != 'c').collect()), None);
        assert_eq!(cycle(&'a', &'a', next), Some(Vec::new()));
    }

    #[test]
    fn circles_behind_an_import_are_found_wherever_they_close() {
        let names = |text: &str| text.chars().map(|it| (it.to_string(), it)).collect::<Vec<_>>();
        let find = |graph: &[(char, &str)]| {
            let next = |file: &char| graph.iter().find(|(it, _)| it == file).map_or_else(Vec::new, |it| names(it.1));
            cycle_behind(&'a', next).map(|way| way.concat())
        };
        assert_eq!(find(&[('a', "b"), ('b', "a")]).as_deref(), Some("ba"));
        assert_eq!(find(&[('a', "cb"), ('b', "cd"), ('d', "eb")]).as_deref(), Some("bdb"));
        assert_eq!(find(&[('a', "a")]).as_deref(), Some("a"));
        assert_eq!(find(&[('a', "bc"), ('b', "d"), ('c', "db")]), None, "two ways to one file are no circle");
    }
}
