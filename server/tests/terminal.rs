//! The interactive session at a terminal, as a person meets it: keys, history, completion, the interrupt key, the end.
//!
//! Each test gives the binary a pseudo terminal of its own and looks at what is drawn, escape sequences taken out.
#![cfg(unix)]

use pty_process::blocking::{Command, Pty, open};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::Child;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Longer than anything here takes, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

struct Terminal {
    keyboard: Pty,
    screen: Receiver<Vec<u8>>,
    child: Child,
    drawn: Vec<u8>,
    /// How much of its text has been waited for.
    seen: usize,
}

/// Where the sessions of one test keep their history.
fn state(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("minilive-terminal-{}-{name}", std::process::id()))
}

impl Terminal {
    fn new(name: &str) -> Terminal {
        let (pty, pts) = open().expect("a pseudo terminal");
        pty.resize(pty_process::Size::new(40, 200)).expect("it has a size");
        let command = Command::new(env!("CARGO_BIN_EXE_minilive")).arg("repl");
        let command = command.env("XDG_STATE_HOME", state(name)).env("TERM", "xterm");
        let child = command.spawn(pts).expect("the session starts");
        let keyboard = pty;
        let mut reader = std::fs::File::from(keyboard.as_fd().try_clone_to_owned().expect("a second handle"));
        let (sender, screen) = mpsc::channel();
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            // The terminal ends with an error once the session has closed it.
            while let Ok(count @ 1..) = reader.read(&mut piece) {
                if sender.send(piece[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let mut terminal = Terminal { keyboard, screen, child, drawn: Vec::new(), seen: 0 };
        terminal.wait("> ");
        terminal
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    fn text(&self) -> String {
        plain(&String::from_utf8_lossy(&self.drawn)).split_off(self.seen)
    }

    /// Waits until something is drawn behind what was waited for before.
    #[track_caller]
    fn wait(&mut self, expected: &str) {
        let started = Instant::now();
        loop {
            if let Some(at) = self.text().find(expected) {
                self.seen += at + expected.len();
                return;
            }
            match self.screen.recv_timeout(PATIENCE.saturating_sub(started.elapsed())) {
                Ok(piece) => self.drawn.extend(piece),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("{expected:?} was not drawn, but\n{}", self.text());
                }
            }
        }
    }

    /// Enters a line and waits for what it brings and the next prompt.
    #[track_caller]
    fn enter(&mut self, line: &str, expected: &str) {
        self.press(&format!("{line}\r"));
        self.wait(expected);
    }

    /// Presses the key that ends a session, as soon as the session listens, and gives its exit code.
    fn leave(mut self) -> Option<i32> {
        self.wait("> ");
        self.press(END);
        self.ended()
    }

    fn ended(mut self) -> Option<i32> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().expect("a child can be asked") {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the session does not end:\n{}", self.text());
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It has ended already if all went well.
        let _ = self.child.kill();
    }
}

/// What is drawn without colours and movements.
fn plain(drawn: &str) -> String {
    let mut out = String::new();
    let mut characters = drawn.chars();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' if characters.next() == Some('[') => {
                let _ = characters.by_ref().find(|it| it.is_ascii_alphabetic());
            }
            '\u{1b}' | '\r' => {}
            character => out.push(character),
        }
    }
    out
}

const INTERRUPT: &str = "\u{3}";
const END: &str = "\u{4}";
const UP: &str = "\u{1b}[A";
const LEFT: &str = "\u{1b}[D";

#[test]
fn lines_are_edited_and_values_shown() {
    let mut terminal = Terminal::new("edit");
    terminal.enter(&format!("6 * 8{LEFT}\u{7f}\u{7f}+ "), "14\n");
    terminal.enter("f = function(n)", "... ");
    terminal.enter("  return n * 2", "... ");
    terminal.enter("end function", "> ");
    terminal.enter("f(21)", "42\n");
    terminal.enter("x = [1,", "... ");
    terminal.enter("2]", "> ");
    terminal.enter("x", "[1, 2]\n");
    assert_eq!(terminal.leave(), Some(0));
}

#[test]
fn names_members_and_help_come_from_what_there_is() {
    let mut terminal = Terminal::new("names");
    terminal.enter("palette = {\"amber\": 7}", "> ");
    terminal.enter("pal\t.am\t", "7\n> ");
    // What is typed before the prompt stands may get lost.
    terminal.enter("base = {\"shade\": {\"depth\": [\"deep\"]}}; thing = {\"inside\": new base}; 1", "\n1\n> ");
    terminal.enter("thing.ins\t.sha\t.dep\t[0].upp\t", "thing.inside.shade.depth[0].upper\nDEEP\n> ");
    terminal.enter("print [\"text\".upp\t]", "[\"TEXT\"]\n> ");
    terminal.enter("called = 0; act = {}; act", "{}\n> ");
    terminal.enter("act.ion = function", "... ");
    terminal.enter("globals.called += 1; return {\"name\": 5}", "... ");
    terminal.enter("end function; 2", "\n2\n> ");
    terminal.enter("\"named: \" + act.io\t.na\t", "'na' not found in map [line 1]\n> ");
    terminal.enter("called", "\n1\n> ");
    terminal.enter("hasI\t(palette, \"amber\")", "hasIndex(palette, \"amber\")\n1\n");
    terminal.enter("?palette", "a global variable, now of type map\nmembers: amber");
    terminal.enter("?len", "len(self)\n");
    terminal.enter("exit 3", "");
    assert_eq!(terminal.ended(), Some(3));
}

#[test]
fn the_interrupt_key_stops_the_program_and_not_the_session() {
    let mut terminal = Terminal::new("interrupt");
    terminal.enter("x = 0; print \"started\"; while true; x += 1; end while", "started\n");
    terminal.press(INTERRUPT);
    terminal.wait("Stopped");
    terminal.enter("x > 0", "1\n");
    terminal.enter("print \"asking\"; input", "asking\n");
    terminal.press(INTERRUPT);
    terminal.wait("Stopped");
    terminal.enter("print \"waiting\"; wait 1000", "waiting\n");
    terminal.press(INTERRUPT);
    terminal.wait("Stopped");
    terminal.press("half a line");
    terminal.wait("half a line");
    terminal.press(INTERRUPT);
    terminal.wait("> ");
    terminal.enter("\"still \" + \"here\"", "still here\n");
    assert_eq!(terminal.leave(), Some(0));
}

#[test]
fn errors_keep_the_session_and_input_its_history() {
    let mut terminal = Terminal::new("history");
    terminal.enter("null.x", "Runtime Error: Can't index into null [line 1]\n");
    terminal.enter("1 + * 2", "expected an expression, found `*`");
    terminal.wait("> ");
    terminal.enter("\"kept\".upper", "KEPT\n");
    terminal.press(&format!("{UP}\r"));
    terminal.wait("KEPT\n");
    assert_eq!(terminal.leave(), Some(0));

    let mut later = Terminal::new("history");
    later.press(&format!("{UP}\r"));
    later.wait("KEPT\n");
    later.press(&format!("{UP}{UP}{UP}{UP}"));
    later.wait("null.x");
    later.press(INTERRUPT);
    assert_eq!(later.leave(), Some(0));
    // What cannot be removed now stays in the system's folder for such things.
    let _ = std::fs::remove_dir_all(state("history"));
}
