// The item in the status bar: what the server is doing.

import * as vscode from 'vscode';
import { SHOW_OUTPUT } from './output';

/** Payload of `minilive/status`. */
export interface StatusMessage {
  state: string;
  text?: string;
  trust?: string;
  workerRestarts?: number;
}

const icons: Record<string, string> = {
  idle: '$(zap)',
  evaluating: '$(sync~spin)',
  running: '$(sync~spin)',
  cut: '$(watch)',
  blocked: '$(shield)',
  off: '$(circle-slash)',
};

/** Shows the server's state; a click opens the program output. */
export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.languages.createLanguageStatusItem('minilive.status', { language: 'miniscript' });
  private readonly bar = vscode.window.createStatusBarItem('minilive.status', vscode.StatusBarAlignment.Right, 100);

  constructor() {
    this.item.name = this.bar.name = 'MiniLive';
    this.item.command = { command: SHOW_OUTPUT, title: 'Output' };
    this.bar.command = SHOW_OUTPUT;
    this.bar.show();
  }

  starting(): void {
    this.set('$(sync~spin)', 'starting', vscode.LanguageStatusSeverity.Information);
  }

  ready(): void {
    this.set('$(zap)', 'ready', vscode.LanguageStatusSeverity.Information);
  }

  stopped(): void {
    this.set('$(error)', 'server stopped', vscode.LanguageStatusSeverity.Error);
  }

  failed(reason: string): void {
    this.set('$(error)', 'no server', vscode.LanguageStatusSeverity.Error, reason);
  }

  show(message: StatusMessage): void {
    const notes = [`trust: ${message.trust ?? 'unknown'}`];
    if (message.workerRestarts) notes.push(`worker restarts: ${message.workerRestarts}`);
    const icon = icons[message.state] ?? '$(zap)';
    const severity = ['cut', 'blocked'].includes(message.state)
      ? vscode.LanguageStatusSeverity.Warning
      : vscode.LanguageStatusSeverity.Information;
    this.set(icon, message.text || message.state, severity, notes.join(', '));
  }

  private set(icon: string, text: string, severity: vscode.LanguageStatusSeverity, detail = ''): void {
    this.item.text = this.bar.text = `${icon} MiniLive: ${text}`;
    this.item.severity = severity;
    this.item.detail = detail;
    this.bar.tooltip = detail;
  }

  dispose(): void {
    this.item.dispose();
    this.bar.dispose();
  }
}
