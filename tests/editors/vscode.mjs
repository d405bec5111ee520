// MiniLive in the real VS Code: the packaged extension in code-server, driven
// through a headless browser the way a person would drive it.
//
//   node vscode.mjs --server PROGRAM --vsix FILE --code-server PROGRAM --chromium PROGRAM
//                   --tools FOLDER --examples FOLDER --out FOLDER [--screenshot FILE] [--control yes]

import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { broken, examples, lineOf, Missing, options, runChecks, TIER, until } from './checks.mjs';
import { startSession } from './vscode-session.mjs';

const given = options(['server', 'vsix', 'code-server', 'chromium', 'tools', 'examples', 'out']);
const control = given.control === 'yes';
const PATIENCE = control ? 4 : 60;

const programs = examples(given.examples);
const main = programs.find((program) => program.name === 'mandelbrot') ?? broken('there is no example mandelbrot');
mkdirSync(given.out, { recursive: true });

/** The lens of the file, not of an example. */
const RUN = /^Run(?! example)/;

/** Clicks a lens and waits for what comes of it; a click that hit a lens just being redrawn is repeated. */
async function clickLens(window, pattern, what, seen, describe) {
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    await (await window.lens(pattern)).click();
    const wait = until(what, seen, attempt < 3 ? PATIENCE / 3 : PATIENCE, describe);
    const found = await wait.catch((error) => {
      if (attempt === 3) throw error;
    });
    if (found) return;
  }
}

/** Clicks the run lens and waits for the end of the output. */
async function runFromLens(window, program) {
  const done = async () => (await window.output()).includes(program.lastLine);
  await clickLens(window, RUN, `"${program.lastLine}" in the output panel`, done, () => window.output());
}

function checksOf({ window, folder }) {
  const watch = '//> escapeTime(0, 0, 50)';
  const header = 'escapeTime = function';
  const checks = [
    { name: 'a watch shows its value', run: () => window.line(watch, (line) => line.endsWith('⇒ 50'), `⇒ 50 behind ${watch}`) },
    {
      name: 'an assignment shows its value',
      run: () => window.line('height = 28', (line) => /= 28$/.test(line.slice('height = 28'.length)), '= 28 behind "height = 28"'),
    },
    { name: 'a function shows its tier', run: () => window.line(header, (line) => TIER.test(line), `a tier at ${header}`) },
    {
      name: 'the run lens runs the program and shows its output',
      run: () => runFromLens(window, main),
    },
    {
      name: 'after the run the lens says how it went',
      run: () => window.lens(/^Run again · [\d.]+ m?s · native \d+\/\d+ functions$/),
    },
    {
      name: 'the lens of an example runs it',
      run: async () => {
        const done = async () => /escapeTime\(-0\.75, 0\.1, 100\)\n33\n/.test(await window.output());
        await clickLens(window, /^Run example edge/, 'the example and its result in the output panel', done, () => window.output());
        await window.lens(/^Run example edge again · [\d.]+ m?s/);
      },
    },
    {
      name: 'after the run a function shows its native tier',
      run: () => window.line(header, (line) => line.includes('⚡native'), `⚡native at ${header}`),
    },
    {
      name: 'hover tells about a function',
      run: async () => {
        await window.hover('escapeTime = function', 'escapeTime');
        const card = window.page.locator('.monaco-hover:not(.hidden) .hover-contents');
        const text = async () => (await card.allInnerTexts()).join('\n');
        await until('a hover that names the function and its tier', async () => /escapeTime|function/.test(await text()) && /interpreted|compiled/.test(await text()), PATIENCE, text);
        await window.page.keyboard.press('Escape');
      },
    },
    {
      name: 'an edit changes a value',
      run: async () => {
        await window.goTo(lineOf(main.file, watch));
        await window.page.keyboard.press('End');
        await window.page.keyboard.press('ArrowLeft');
        await window.page.keyboard.type('0');
        try {
          await window.line('//> escapeTime(0, 0, 500)', (line) => line.endsWith('⇒ 500'), '⇒ 500 after the edit');
        } finally {
          await window.undoAll();
        }
        await window.line(watch, (line) => line.endsWith('⇒ 50'), '⇒ 50 again after the undo');
      },
    },
    {
      name: 'names are completed in a popup, with what they are',
      run: async () => {
        await window.goTo(lineOf(main.file, 'width = '));
        await window.lineAbove();
        await window.page.keyboard.type('zz = esc', { delay: 50 });
        await window.page.keyboard.press('Control+Space');
        try {
          const rows = window.page.locator('.suggest-widget.visible .monaco-list-row');
          const labels = () => rows.evaluateAll((all) => all.map((row) => row.getAttribute('aria-label') ?? ''));
          // Words of the file are offered without a server, too, but not as functions.
          const isFunction = async () => (await labels()).some((label) => /^escapeTime.*, Function/.test(label.replaceAll('\n', ' ')));
          await until('escapeTime, a function, in the popup', isFunction, PATIENCE, async () => (await labels()).join('\n'));
          await window.page.keyboard.press('Enter');
          await window.line('zz = escapeTime', () => true, 'escapeTime in the text');
        } finally {
          await window.undoAll();
        }
      },
    },
    {
      name: 'a variable is renamed wherever it stands',
      run: async () => {
        await window.goTo(lineOf(main.file, 'width = '));
        await window.page.keyboard.press('Home');
        await window.page.keyboard.press('F2');
        const box = window.page.locator('.rename-box input');
        try {
          await until('a box for the new name', () => box.isVisible(), PATIENCE);
          await box.fill('breadth');
          await window.page.keyboard.press('Enter');
          await window.line('breadth = 72', () => true, 'breadth = 72');
          const text = async () => (await window.lines()).join('\n');
          await until('no width any more', async () => !/\bwidth\b/.test(await text()), PATIENCE, text);
        } finally {
          await window.undoAll();
        }
      },
    },
    {
      name: 'a file is formatted',
      run: async () => {
        await window.goTo(lineOf(main.file, 'width = '));
        await window.lineAbove();
        await window.page.keyboard.type('zz   =1+ 2');
        await window.page.keyboard.press('Escape');
        await window.page.keyboard.press('Control+Shift+i');
        try {
          await window.line('zz = 1 + 2', () => true, 'zz = 1 + 2');
        } finally {
          await window.undoAll();
        }
      },
    },
    {
      name: 'an error is underlined, and gone when it is undone',
      run: async () => {
        await until('a file without errors', async () => (await window.squiggles()) === 0, PATIENCE);
        await window.goTo(lineOf(main.file, 'width = '));
        await window.page.keyboard.press('End');
        await window.page.keyboard.type(' = =');
        try {
          await until('an underlined error', async () => (await window.squiggles()) > 0, PATIENCE);
          await window.page.keyboard.press('F8');
          const told = async () => (await window.editor.locator('.marker-widget').allInnerTexts()).join('\n');
          await until('a message for the error, with its source', async () => /\S.*minilive/s.test(await told()), PATIENCE, told);
          await window.page.keyboard.press('Escape');
        } finally {
          await window.undoAll();
        }
        await until('no error after the undo', async () => (await window.squiggles()) === 0, PATIENCE);
      },
    },
    {
      name: 'a run that would never end is stopped by its lens',
      run: async () => {
        await window.goTo(lineOf(main.file, 'width = '));
        await window.page.keyboard.press('Home');
        await window.page.keyboard.type('while true\nend while\n');
        try {
          const titles = async () => (await window.lenses().allInnerTexts()).join('\n');
          const shows = (pattern) => async () => pattern.test(await titles());
          await clickLens(window, RUN, 'a lens Stop', shows(/^Stop \(\d/m), titles);
          await until('the line at which it is', shows(/^Stop \([\d.]+ s, line \d+\)/m), PATIENCE, titles);
          await clickLens(window, /^Stop/, 'no lens Stop any more', async () => !(await shows(/^Stop/m)()), titles);
          await window.lens(/^Run again · .* · stopped/);
        } finally {
          await window.undoAll();
        }
      },
    },
    {
      name: 'the status bar shows the server at work',
      run: async () => {
        const bar = window.page.locator('.part.statusbar .statusbar-item', { hasText: 'MiniLive:' });
        const text = async () => (await bar.allInnerTexts()).join(' ');
        await until('MiniLive in the status bar, started', async () => /MiniLive: (?!starting|no server|server stopped)/.test(await text()), PATIENCE, text);
      },
    },
  ];
  checks.push({
    name: 'a wrong server path is explained; with the right one the values come back',
    run: async () => {
      const shown = async () => (await window.lines()).join('\n');
      const nowhere = join(folder, 'nowhere');
      await window.setServer(nowhere);
      try {
        const notes = window.page.locator('.notification-list-item-message');
        const said = async () => (await notes.allInnerTexts()).join('\n');
        await until(`a message that names ${nowhere}`, async () => (await said()).includes(nowhere), PATIENCE, said);
        await until('no values without a server', async () => !/⇒/.test(await shown()), PATIENCE, shown);
      } finally {
        await window.setServer(resolve(given.server));
      }
      await window.line(watch, (line) => line.endsWith('⇒ 50'), '⇒ 50 from the new server');
      await window.page.locator('.notifications-toasts .codicon-notifications-clear').first().click();
    },
  });
  if (control) return checks;
  checks.push({
    name: 'blocks indent themselves',
    run: async () => {
      await window.goTo(lineOf(main.file, 'width = '));
      await window.lineAbove();
      await window.page.keyboard.type('for i in [1]\nif i then\nprint i\nelse\nprint 2\nend if\nend for', { delay: 50 });
      try {
        const wanted = ['for i in [1]', '    if i then', '        print i', '    else', '        print 2', '    end if', 'end for'];
        const shown = async () => (await window.lines()).join('\n');
        const found = async () => {
          const lines = await window.lines();
          const first = lines.findIndex((line) => line.startsWith(wanted[0]));
          return first >= 0 && wanted.every((text, i) => lines[first + i]?.startsWith(text));
        };
        await until(wanted.join('\n'), found, PATIENCE, shown);
      } finally {
        await window.undoAll();
      }
    },
  });
  for (const program of programs.filter((program) => program !== main)) {
    checks.push({
      name: `${program.name}: values, tiers, run`,
      run: async () => {
        await window.open(`${program.name}.ms`);
        const shown = async () => (await window.lines()).join('\n');
        await window.goTo(lineOf(program.file, '//> '));
        await until('values of watches', async () => /\/\/> .*⇒ \S/.test(await shown()), PATIENCE, shown);
        await window.goTo(1);
        await until('a tier at a function', async () => TIER.test(await shown()), PATIENCE, shown);
        await runFromLens(window, program);
      },
    });
  }
  return checks;
}

async function takeScreenshot(window, path) {
  await window.open('mandelbrot.ms');
  await window.command('View: Close Other Editors in Group');
  await window.page.setViewportSize({ width: 1100, height: 1080 });
  await window.page.keyboard.press('Control+b');
  await window.goTo(1);
  await runFromLens(window, main);
  await window.lens(/^Run again/);
  await window.line('escapeTime = function', (line) => TIER.test(line), 'a tier for the screenshot');
  await window.page.mouse.move(1000, 300);
  await window.page.screenshot({ path });
}

/** In a folder that nobody has trusted yet. */
function trustChecks({ window }) {
  return [
    {
      name: 'a folder that is not trusted says so at the lens, and a grant reaches the server',
      run: async () => {
        const titles = async () => (await window.lenses().allInnerTexts()).join('\n');
        await until('a lens that speaks of trust', async () => /not trusted/.test(await titles()), PATIENCE, titles);
        await window.line('//> escapeTime(0, 0, 50)', (line) => line.endsWith('⇒ 50'), '⇒ 50 in the interpreter');
        await window.command('Workspaces: Manage Workspace Trust');
        await window.page.locator('.workspace-trust-editor .monaco-button', { hasText: /^Trust$/ }).first().click();
        await window.open('mandelbrot.ms');
        await until('a lens without a word on trust', async () => /^Run/m.test(await titles()) && !/trusted/.test(await titles()), PATIENCE, titles);
      },
    },
  ];
}

async function inSession(kind, work) {
  const session = await startSession(given, programs, { trusted: kind === 'trusted', patience: PATIENCE });
  try {
    return await work(session);
  } finally {
    await session.end();
  }
}

async function test() {
  const trusted = await inSession('trusted', async (session) => {
    const code = await runChecks(checksOf(session), { control, picture: session.picture });
    if (given.screenshot && code === 0) await takeScreenshot(session.window, given.screenshot);
    return code;
  });
  const untrusted = await inSession('untrusted', (session) =>
    runChecks(trustChecks(session), { control, picture: session.picture }),
  );
  process.exit(Math.max(trusted, untrusted));
}

test().catch((error) => broken(error instanceof Missing ? error.message : error.stack));
