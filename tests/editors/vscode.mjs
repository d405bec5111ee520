// MiniLive in the real VS Code: the packaged extension in code-server, driven
// through a headless browser the way a person would drive it.
//
//   node vscode.mjs --server PROGRAM --vsix FILE --code-server PROGRAM --chromium PROGRAM
//                   --tools FOLDER --examples FOLDER --out FOLDER [--screenshot FILE] [--control yes]

import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { broken, examples, lineOf, Missing, options, runChecks, TIER, until, VALUE } from './checks.mjs';

const given = options(['server', 'vsix', 'code-server', 'chromium', 'tools', 'examples', 'out']);
const control = given.control === 'yes';
// The first page of a cold start is slow; what a server must answer is not.
const START = 90;
const PATIENCE = control ? 4 : 30;

const programs = examples(given.examples);
const main = programs.find((program) => program.name === 'mandelbrot') ?? broken('there is no example mandelbrot');
const folder = mkdtempSync(join(tmpdir(), 'minilive-vscode-'));
const workspace = join(folder, 'workspace');
mkdirSync(given.out, { recursive: true });

function prepare() {
  mkdirSync(join(folder, 'user/User'), { recursive: true });
  mkdirSync(workspace);
  for (const program of programs) copyFileSync(program.file, join(workspace, basename(program.file)));
  // The path of a program belongs to the machine that code-server runs on, not to the user in the browser.
  mkdirSync(join(folder, 'user/Machine'));
  writeFileSync(join(folder, 'user/Machine/settings.json'), JSON.stringify({ 'minilive.server.path': resolve(given.server) }));
  const settings = {
    'files.autoSave': 'off',
    'workbench.startupEditor': 'none',
    'security.workspace.trust.enabled': false,
    'telemetry.telemetryLevel': 'off',
    'editor.minimap.enabled': false,
    'editor.stickyScroll.enabled': false,
    'window.commandCenter': false,
    'git.enabled': false,
    'extensions.autoCheckUpdates': false,
    'extensions.autoUpdate': false,
    'extensions.ignoreRecommendations': true,
    'update.mode': 'none',
    'workbench.tips.enabled': false,
    'workbench.colorTheme': 'Default Light Modern',
    'chat.disableAIFeatures': true,
  };
  writeFileSync(join(folder, 'user/User/settings.json'), JSON.stringify(settings, null, 2));
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

async function startCodeServer(port) {
  const common = ['--user-data-dir', join(folder, 'user'), '--extensions-dir', join(folder, 'extensions')];
  // Else it leaves a configuration in the home folder.
  const env = { ...process.env, XDG_CONFIG_HOME: join(folder, 'xdg'), XDG_DATA_HOME: join(folder, 'xdg/data') };
  const install = spawnSync(given['code-server'], [...common, '--install-extension', given.vsix, '--force'], { env, encoding: 'utf8' });
  if (install.status !== 0) broken(`the extension cannot be installed:\n${install.stdout}${install.stderr}`);
  const quiet = ['--auth', 'none', '--disable-telemetry', '--disable-update-check', '--disable-workspace-trust'];
  const child = spawn(given['code-server'], [...common, ...quiet, '--bind-addr', `127.0.0.1:${port}`], {
    env,
    stdio: 'ignore',
    detached: true,
  });
  const alive = () => fetch(`http://127.0.0.1:${port}/healthz`).then((answer) => answer.ok, () => false);
  await until('code-server answers', alive, START);
  return child;
}

// One window of VS Code, with what a person does in it and sees of it.
class Window {
  constructor(page) {
    this.page = page;
    this.editor = page.locator('.part.editor');
  }

  async open(file) {
    const row = this.page.locator('.explorer-folders-view .monaco-list-row', { hasText: file });
    await row.first().dblclick({ timeout: START * 1000 });
    await this.page.locator(`.part.editor .tab.active[data-resource-name="${file}"]`).waitFor({ timeout: START * 1000 });
  }

  /** The visible lines of the file, as text with hints; the spaces of a hint are not plain ones. */
  async lines() {
    const texts = await this.page.$$eval('.part.editor .view-line', (lines) =>
      lines.map((line) => [Number.parseFloat(line.style.top), line.textContent]),
    );
    return texts.sort((a, b) => a[0] - b[0]).map(([, text]) => text.replaceAll('\u00a0', ' '));
  }

  /** The text of the output panel. */
  async output() {
    const texts = await this.page.$$eval('.part.panel .view-line', (lines) =>
      lines.map((line) => [Number.parseFloat(line.style.top), line.textContent]),
    );
    return texts.sort((a, b) => a[0] - b[0]).map(([, text]) => text.replaceAll('\u00a0', ' ')).join('\n');
  }

  async line(start, matches, what) {
    const find = async () => (await this.lines()).find((line) => line.startsWith(start) && matches(line));
    return until(what, find, PATIENCE, async () => `the lines on the screen:\n${(await this.lines()).join('\n')}`);
  }

  lenses() {
    return this.editor.locator('.codelens-decoration a');
  }

  async lens(pattern) {
    const lens = this.lenses().filter({ hasText: pattern }).first();
    await until(`a lens ${pattern}`, () => lens.isVisible(), PATIENCE, async () => `lenses: ${await this.lenses().allInnerTexts()}`);
    return lens;
  }

  async goTo(line) {
    await this.page.keyboard.press('Control+1'); // into the editor, wherever the focus is
    await this.page.keyboard.press('Control+g');
    await this.page.locator('.quick-input-widget input').fill(`:${line}`);
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: `line ${line}` }).first().waitFor();
    await this.page.keyboard.press('Enter');
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  /** Does what the command palette calls `title`. */
  async command(title) {
    await this.page.keyboard.press('F1');
    await this.page.locator('.quick-input-widget input').fill(`>${title}`);
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().click();
  }

  /** Sets the path of the server in the settings editor. */
  async setServer(path) {
    await this.command('Preferences: Open Remote Settings');
    await this.page.locator('.settings-editor .search-container .view-lines').click();
    await this.page.keyboard.press('Control+a');
    await this.page.keyboard.type('@id:minilive.server.path');
    await this.editor.locator('.settings-editor input[aria-label="minilive.server.path"]').fill(path);
    await this.open('mandelbrot.ms');
  }

  async squiggles() {
    return this.editor.locator('.squiggly-error').count();
  }

  async isChanged() {
    return (await this.page.locator('.part.editor .tab.active.dirty').count()) > 0;
  }

  /** Takes back every edit of the active file. */
  async undoAll() {
    await this.page.keyboard.press('Escape');
    for (let i = 0; i < 40 && (await this.isChanged()); i += 1) await this.page.keyboard.press('Control+z');
    if (await this.isChanged()) throw new Error('the edits of the test cannot be undone');
  }

  async hover(line, word) {
    const row = this.editor.locator('.view-line', { hasText: line }).first();
    // Another place first: a pointer that rests shows no new hover.
    await this.page.mouse.move(3, 3);
    await row.locator('span span', { hasText: word }).first().hover();
  }
}

async function runFromLens(window, program) {
  const lens = await window.lens(/Run/);
  await lens.click();
  await until(`"${program.lastLine}" in the output panel`, async () => (await window.output()).includes(program.lastLine), PATIENCE, () =>
    window.output(),
  );
}

function checksOf(window) {
  const watch = '//> escapeTime(0, 0, 50)';
  const header = 'escapeTime = function';
  const checks = [
    { name: 'a watch shows its value', run: () => window.line(watch, (line) => line.endsWith('⇒ 50'), `⇒ 50 behind ${watch}`) },
    {
      name: 'an assignment shows its value',
      run: () => window.line('shades = ', (line) => VALUE.test(line.slice(line.lastIndexOf('"'))), 'a value behind "shades = …"'),
    },
    { name: 'a function shows its tier', run: () => window.line(header, (line) => TIER.test(line), `a tier at ${header}`) },
    {
      name: 'the run lens runs the program and shows its output',
      run: () => runFromLens(window, main),
    },
    {
      name: 'after the run the lens says how it went',
      run: () => window.lens(/Run again|native|ms/),
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
        await until('a hover that names the function and its tier', async () => /escapeTime|function/.test(await text()) && /native|baseline|interp/.test(await text()), PATIENCE, text);
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
      name: 'an error is underlined, and gone when it is undone',
      run: async () => {
        await until('a file without errors', async () => (await window.squiggles()) === 0, PATIENCE);
        await window.goTo(lineOf(main.file, 'width = '));
        await window.page.keyboard.press('End');
        await window.page.keyboard.type(' = =');
        try {
          await until('an underlined error', async () => (await window.squiggles()) > 0, PATIENCE);
        } finally {
          await window.undoAll();
        }
        await until('no error after the undo', async () => (await window.squiggles()) === 0, PATIENCE);
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
  for (const program of programs.filter((program) => program !== main)) {
    checks.push({
      name: `${program.name}: values, tiers, run`,
      run: async () => {
        await window.open(`${program.name}.ms`);
        const shown = async () => (await window.lines()).join('\n');
        await until('values of watches', async () => /\/\/> .*⇒ \S/.test(await shown()) || reveal(window, program), PATIENCE, shown);
        await until('a tier at a function', async () => TIER.test(await shown()), PATIENCE, shown);
        await window.goTo(1);
        await runFromLens(window, program);
      },
    });
  }
  return checks;
}

/** Scrolls to the first watch; the editor has only the visible lines. */
async function reveal(window, program) {
  await window.goTo(lineOf(program.file, '//> '));
  return false;
}

async function takeScreenshot(window, path) {
  await window.open('mandelbrot.ms');
  await window.page.setViewportSize({ width: 1280, height: 960 });
  await window.goTo(1);
  await runFromLens(window, main);
  await window.line('escapeTime = function', (line) => TIER.test(line), 'a tier for the screenshot');
  await window.page.mouse.move(1000, 300);
  await window.page.screenshot({ path });
}

async function test() {
  prepare();
  const { chromium } = createRequire(join(resolve(given.tools), 'package.json'))('playwright-core');
  const port = await freePort();
  const server = await startCodeServer(port);
  const browser = await chromium.launch({
    executablePath: given.chromium,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update', '--no-first-run', '--disable-sync'],
  });
  let code;
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1200 } });
    const window = new Window(page);
    const picture = async (name) => {
      const path = join(given.out, `vscode-${name.replaceAll(/\W+/g, '-')}.png`);
      await page.screenshot({ path });
      return path;
    };
    try {
      await page.goto(`http://127.0.0.1:${port}/?folder=${workspace}`, { waitUntil: 'domcontentloaded' });
      await page.waitForSelector('.monaco-workbench', { timeout: START * 1000 });
      await window.open('mandelbrot.ms');
      await until('the text of the file', async () => (await window.lines()).some((line) => line.startsWith('width = ')), START);
    } catch (error) {
      broken(`${error.message}\nsee ${await picture('start')}`);
    }
    code = await runChecks(checksOf(window), { control, picture });
    if (given.screenshot && code === 0) await takeScreenshot(window, given.screenshot);
  } finally {
    await browser.close();
    process.kill(-server.pid, 'SIGTERM');
    await until('code-server has ended', () => server.exitCode !== null || server.signalCode !== null, 10).catch(() => process.kill(-server.pid, 'SIGKILL'));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
  process.exit(code);
}

test().catch((error) => broken(error instanceof Missing ? error.message : error.stack));
