// What a person does in a window of VS Code, and sees of it.

import { until } from './checks.mjs';

/** The first page of a cold start is slow; so many seconds it may take. */
export const START = 240;

/** One window. `patience` is how many seconds a text may take to appear. */
export class Window {
  constructor(page, patience) {
    this.page = page;
    this.patience = patience;
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
    return until(what, find, this.patience, async () => `the lines on the screen:\n${(await this.lines()).join('\n')}`);
  }

  lenses() {
    return this.editor.locator('.codelens-decoration a');
  }

  async lens(pattern) {
    const lens = this.lenses().filter({ hasText: pattern }).first();
    await until(`a lens ${pattern}`, () => lens.isVisible(), this.patience, async () => `lenses: ${await this.lenses().allInnerTexts()}`);
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

  /** Makes an empty line above the cursor's and goes there, in one step: between several, what the server says to one may move the cursor. */
  async lineAbove() {
    await this.page.keyboard.press('Control+Shift+Enter');
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
