// One run of VS Code from nothing: fresh folders, the packaged extension, code-server, a browser with one window.

import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { broken, until } from './checks.mjs';
import { START, Window } from './vscode-window.mjs';

// A quiet window in which nothing happens but what the test does.
const SETTINGS = {
  'files.autoSave': 'off',
  // Typed text must not depend on how fast a list of suggestions opens.
  'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
  'editor.suggestOnTriggerCharacters': false,
  'workbench.startupEditor': 'none',
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
  'security.workspace.trust.startupPrompt': 'never',
};

/**
 * Starts VS Code on a copy of `programs`, in a folder that is trusted or not.
 * `given` are the options of the test; the result has `window`, `folder`,
 * `picture(name)` and `end()`.
 */
export async function startSession(given, programs, { trusted, patience }) {
  const folder = mkdtempSync(join(tmpdir(), 'minilive-vscode-'));
  const workspace = join(folder, 'workspace');
  prepare(folder, workspace, given, programs, trusted);
  const port = await freePort();
  const server = await startCodeServer(folder, given, port, trusted);
  const { chromium } = createRequire(join(resolve(given.tools), 'package.json'))('playwright-core');
  const browser = await chromium.launch({
    executablePath: given.chromium,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update', '--no-first-run', '--disable-sync'],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 1200 } });
  page.setDefaultTimeout(60_000);
  const window = new Window(page, patience);
  const picture = async (name) => {
    const path = join(given.out, `vscode-${name.replaceAll(/\W+/g, '-')}.png`);
    await page.screenshot({ path });
    return path;
  };
  const end = async () => {
    await browser.close();
    endGroup(server, 'SIGTERM');
    const ended = () => server.exitCode !== null || server.signalCode !== null;
    await until('code-server has ended', ended, 10).catch(() => endGroup(server, 'SIGKILL'));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    await page.goto(`http://127.0.0.1:${port}/?folder=${workspace}`, { waitUntil: 'domcontentloaded' });
    await page.waitForSelector('.monaco-workbench', { timeout: START * 1000 });
    await window.open('mandelbrot.ms');
    await until('the text of the file', async () => (await window.lines()).some((line) => line.startsWith('width = ')), START);
  } catch (error) {
    const seen = await picture('start');
    await end();
    broken(`${error.message}\nsee ${seen}`);
  }
  return { window, folder, picture, end };
}

/** Signals a child that leads a process group, and all of the group. */
function endGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended already.
  }
}

function prepare(folder, workspace, given, programs, trusted) {
  for (const part of ['user/User', 'user/Machine', 'workspace']) mkdirSync(join(folder, part), { recursive: true });
  for (const program of programs) copyFileSync(program.file, join(workspace, basename(program.file)));
  const user = { ...SETTINGS, 'security.workspace.trust.enabled': !trusted };
  writeFileSync(join(folder, 'user/User/settings.json'), JSON.stringify(user));
  // The path of a program belongs to the machine that code-server runs on, not to the user in the browser.
  const machine = { 'minilive.server.path': resolve(given.server) };
  writeFileSync(join(folder, 'user/Machine/settings.json'), JSON.stringify(machine));
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

async function startCodeServer(folder, given, port, trusted) {
  const common = ['--user-data-dir', join(folder, 'user'), '--extensions-dir', join(folder, 'extensions')];
  // Else it leaves a configuration in the home folder.
  const env = { ...process.env, XDG_CONFIG_HOME: join(folder, 'xdg'), XDG_DATA_HOME: join(folder, 'xdg/data') };
  const install = spawnSync(given['code-server'], [...common, '--install-extension', given.vsix, '--force'], { env, encoding: 'utf8' });
  if (install.status !== 0) broken(`the extension cannot be installed:\n${install.stdout}${install.stderr}`);
  const quiet = ['--auth', 'none', '--disable-telemetry', '--disable-update-check'];
  if (trusted) quiet.push('--disable-workspace-trust');
  const child = spawn(given['code-server'], [...common, ...quiet, '--bind-addr', `127.0.0.1:${port}`], {
    env,
    stdio: 'ignore',
    detached: true,
  });
  // However this test ends, nothing of it goes on.
  process.on('exit', () => endGroup(child, 'SIGKILL'));
  const alive = () => fetch(`http://127.0.0.1:${port}/healthz`).then((answer) => answer.ok, () => false);
  await until('code-server answers', alive, START);
  return child;
}
