// The output panel: what a program prints, as it prints it.

import * as vscode from 'vscode';

/** The extension's own command; all others are the server's. */
export const SHOW_OUTPUT = 'minilive.showOutput';

/** Payload of `minilive/output`. */
export interface OutputMessage {
  kind: 'start' | 'out' | 'error' | 'end';
  text: string;
}

/** Shows the output of runs that somebody asked for. */
export class OutputPanel implements vscode.Disposable {
  private readonly channel = vscode.window.createOutputChannel('MiniLive');
  private atLineStart = true;

  /** Brings the panel to the front and leaves the cursor where it is. */
  reveal(): void {
    this.channel.show(true);
  }

  show(message: OutputMessage): void {
    switch (message.kind) {
      case 'start':
        this.channel.clear();
        this.atLineStart = true;
        this.line(message.text);
        this.channel.show(true);
        break;
      case 'out':
        this.append(message.text);
        break;
      case 'error':
      case 'end':
        this.line(message.text);
        break;
    }
  }

  /** A line of its own, even after output that did not end its line. */
  private line(text: string): void {
    if (text === '') return;
    this.append((this.atLineStart ? '' : '\n') + text + (text.endsWith('\n') ? '' : '\n'));
  }

  private append(text: string): void {
    if (text === '') return;
    this.channel.append(text);
    this.atLineStart = text.endsWith('\n');
  }

  dispose(): void {
    this.channel.dispose();
  }
}
