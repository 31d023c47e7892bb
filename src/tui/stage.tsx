import { randomUUID } from 'node:crypto';
import type { Instance } from 'ink';
import { render } from 'ink';
import type { ReactElement } from 'react';
import { allActions } from './actions/all.ts';
import type { ConsoleEffects } from './actions/effects.ts';
import { keyNamesOf, remap } from './keys/keymap.ts';
import type { Registry } from './keys/registry.ts';
import { createRegistry } from './keys/registry.ts';
import type { ConsoleExit, ConsoleOptions, ConsoleStreams } from './options.ts';
import { Narrator } from './reader/narrator.ts';
import { READER_SIZE, screenText } from './reader/screen-text.tsx';
import { CrashBoundary } from './screens/CrashBoundary.tsx';
import type { Suspend } from './screens/Root.tsx';
import { Root } from './screens/Root.tsx';
import { askToImport, carryOut, importDemoMachines, preview, retryNow } from './session/carry-out.ts';
import type { Notice } from './session/clipboard.ts';
import { Clipboard } from './session/clipboard.ts';
import { Clock } from './session/clock.ts';
import { CommandHistory } from './session/command-history.ts';
import type { Hands } from './session/perform.ts';
import { saveLog } from './session/save-log.ts';
import { Session } from './session/session.ts';
import type { Size } from './store/layout.ts';
import type { ConsoleStore } from './store/store.ts';
import { createConsoleStore } from './store/store.ts';
import { resize, showToast } from './store/update.ts';
import { writeCrashFile } from './terminal/crash-file.ts';
import { listenForEndings } from './terminal/endings.ts';
import { TerminalOutput } from './terminal/output.ts';
import { StrayOutput } from './terminal/stray.ts';
import { listenForStops, stopProcessGroup } from './terminal/suspend.ts';
import { isWideLocale } from './theme/glyphs.ts';
import { STRIP_ROWS } from './tour/guest.ts';
import { followLook } from './tour/look.ts';
import type { ConsoleParts } from './widgets/context.tsx';
import { ConsoleContext } from './widgets/context.tsx';

const SIGNAL_NUMBERS: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/**
 * Frames that Ink may draw in a second. By itself it draws 30, and a key that comes behind a frame waits for the next one, 34 ms
 * or more: it was most of what a key took. What changes the store is paced where it comes from; there are hardly more frames.
 */
const MAX_FPS = 1_000;

/** One console on one terminal, from its first frame to the moment when the terminal is as it was before. */
export class Stage {
  readonly #options: ConsoleOptions;
  readonly #streams: ConsoleStreams;
  readonly #output: TerminalOutput;
  readonly #stray = new StrayOutput();
  readonly #registry: Registry<ConsoleEffects>;
  readonly #store: ConsoleStore;
  readonly #clock: Clock;
  readonly #clipboard: Clipboard;
  readonly #history: CommandHistory;
  readonly #closing = new AbortController();
  readonly #exit = Promise.withResolvers<ConsoleExit>();
  readonly #undo: (() => void)[] = [];
  readonly #tree: ReactElement;
  readonly #narrator: Narrator | undefined;
  #instance: Instance | undefined;
  #hands: Hands | undefined;
  #suspend: Suspend | undefined;
  #suspended = false;
  #ending = false;

  constructor(options: ConsoleOptions, streams: ConsoleStreams) {
    this.#options = options;
    this.#streams = streams;
    this.#output = new TerminalOutput(streams.stdout, options.tap);
    const { LC_ALL, LC_CTYPE, LANG, TMUX } = process.env;
    const send = (text: string) => this.#output.toClipboard(text);
    this.#clipboard = new Clipboard(send, options.stateDirectory, (TMUX ?? '') !== '');
    const theme = options.theme ?? 'dark';
    const ascii = isWideLocale(LC_ALL || LC_CTYPE || LANG || '');
    this.#registry = createRegistry(remap(allActions, options.keymap ?? new Map()));
    this.#store = createConsoleStore({
      label: options.label,
      attached: options.attached,
      staged: options.guest !== undefined,
      size: this.#roomIn(this.#output.measure()),
      settings: {
        theme,
        ascii,
        readOnly: options.readOnly === true,
        readOnlyBy: options.readOnlyBy ?? '--read-only',
        keyNames: keyNamesOf(this.#registry.actions, ascii || theme === 'ascii'),
      },
      now: Date.now(),
    });
    this.#history = new CommandHistory(options.stateDirectory);
    this.#store.setState({ history: this.#history.lines });
    this.#clock = new Clock(this.#store);
    const parts: ConsoleParts = {
      store: this.#store,
      registry: this.#registry,
      effects: this.#effects(),
      guest: options.guest,
    };
    this.#narrator = this.#isSpoken ? new Narrator(this.#store, () => screenText(parts)) : undefined;
    this.#tree = this.#makeTree({ ...parts, narrator: this.#narrator });
  }

  /** Draws the console, then opens the way to the server; resolves when all of it is over. */
  run(): Promise<ConsoleExit> {
    this.#listen();
    this.#stray.capture(this.#streams.stdout, this.#streams.stderr);
    try {
      // Ink does so when it has drawn: what is typed before that would be echoed into the picture.
      this.#streams.stdin.setRawMode(true);
      this.#instance = render(this.#tree, {
        stdout: this.#output,
        stdin: this.#streams.stdin,
        alternateScreen: !this.#isSpoken,
        incrementalRendering: !this.#isSpoken,
        maxFps: MAX_FPS,
        // Said here, so that Ink does not ask the environment by itself.
        isScreenReaderEnabled: this.#isSpoken,
        exitOnCtrlC: false,
        patchConsole: false,
        // Whether there is a terminal has been seen to. That CI is set says nothing about it.
        interactive: true,
      });
      this.#clock.start();
    } catch (error) {
      this.#crash(error, '');
    }
    // After the first frame has been written.
    setImmediate(() => void this.#open());
    return this.#exit.promise;
  }

  async #open(): Promise<void> {
    if (this.#ending) return;
    try {
      const { backend, label } = await this.#options.open(this.#closing.signal);
      if (this.#ending) return;
      this.#store.setState(({ connection }) => ({
        connection: { ...connection, label, link: { kind: 'connecting' }, encrypted: backend.encrypted },
      }));
      const session = new Session(this.#store, backend);
      this.#hands = { store: this.#store, backend, session };
      session.start();
    } catch (error) {
      this.#end({ kind: 'open-failed', code: 1, error });
    }
  }

  /** Made once: what is drawn changes with the store alone. */
  #makeTree(parts: ConsoleParts): ReactElement {
    const ready = (suspend: Suspend) => {
      this.#suspend = suspend;
    };
    return (
      <CrashBoundary onCrash={(error, components) => this.#crash(error, components)}>
        <ConsoleContext value={parts}>
          <Root onReady={ready} />
        </ConsoleContext>
      </CrashBoundary>
    );
  }

  #effects(): ConsoleEffects {
    // Before there is a way to a server there is nothing to be done.
    const withHands = (work: (hands: Hands) => Promise<void>) => {
      if (this.#hands !== undefined) void work(this.#hands);
    };
    return {
      carryOut: (dialog) => {
        if (dialog.intent.kind === 'quit') this.#quit();
        else withHands((hands) => carryOut(dialog, hands));
      },
      preview: (dialog) => withHands((hands) => preview(dialog, hands)),
      retryNow: (runId) => withHands((hands) => retryNow(runId, hands)),
      importDemoMachines: (count) => withHands((hands) => importDemoMachines(count, hands)),
      askToImport: (file) => withHands((hands) => askToImport(file, hands)),
      remember: (line) => {
        this.#history.add(line);
        this.#store.setState({ history: this.#history.lines });
      },
      copy: (copied) => void this.#tell(this.#clipboard.copy(copied)),
      saveLog: () => void this.#tell(saveLog(this.#store.getState(), this.#options.stateDirectory, Date.now())),
      newRequestId: () => randomUUID(),
      quit: () => this.#quit(),
      suspend: () => void this.#away(stopProcessGroup),
      redraw: () => this.#drawAnew(),
    };
  }

  /** Shows what is said of something that was done, once it is. */
  async #tell(notice: Promise<Notice>): Promise<void> {
    const { tone, text } = await notice;
    this.#store.setState((state) => showToast(state, tone, text));
  }

  /** Whether it is for somebody who listens. A guest has a stage, which is looked at. */
  get #isSpoken(): boolean {
    return this.#options.screenReader === true && this.#options.guest === undefined;
  }

  /** What a guest's strip leaves of the terminal; what is not seen has all the room. */
  #roomIn({ columns, rows }: Size): Size {
    if (this.#isSpoken) return READER_SIZE;
    return { columns, rows: this.#options.guest === undefined ? rows : rows - STRIP_ROWS };
  }

  #listen(): void {
    const { stdin, stdout } = this.#streams;
    const { guest } = this.#options;
    if (guest !== undefined) {
      this.#undo.push(followLook(this.#store, guest));
      void guest.ended.then(() => this.#quit());
    }
    const onResize = () => {
      if (!this.#isSpoken) this.#drawAnew();
    };
    // The terminal has gone: nobody sees anything any more, and nothing can be written.
    const onGone = () => this.#end({ kind: 'signal', code: 129, signal: 'SIGHUP' });
    stdout.on('resize', onResize);
    stdout.on('error', onGone);
    stdin.on('end', onGone);
    stdin.on('error', onGone);
    this.#undo.push(
      () => stdout.off('resize', onResize),
      () => stdout.off('error', onGone),
      () => stdin.off('end', onGone).off('error', onGone),
      listenForStops(
        () => void this.#away(stopProcessGroup),
        // Stopped in a way that could not be noticed, it may find the terminal in any state.
        () => void this.#away(() => Promise.resolve()),
      ),
      listenForEndings(
        (ending) => {
          if (ending.kind === 'error') this.#crash(ending.error, '');
          else this.#end({ kind: 'signal', code: 128 + (SIGNAL_NUMBERS[ending.signal] ?? 0), signal: ending.signal });
        },
        () => this.#restore(),
      ),
    );
  }

  /** Gives the terminal to somebody else, and draws anew afterwards. */
  async #away(whileAway: () => Promise<void>): Promise<void> {
    if (this.#suspended || this.#ending || this.#suspend === undefined) return;
    this.#suspended = true;
    await this.#suspend(whileAway);
    this.#suspended = false;
    this.#drawAnew();
  }

  /** Draws everything anew, in the size that the terminal has now. */
  #drawAnew(): void {
    if (this.#suspended || this.#ending) return;
    if (this.#narrator !== undefined) {
      this.#narrator.readAgain();
      return;
    }
    const size = this.#output.measure();
    this.#output.takeSize(size);
    // In a narrower terminal Ink erases what it has just drawn, and draws it again.
    this.#output.atOnce(() => {
      this.#output.erase();
      // Ink erases as well, from where it takes the cursor to be; what counts is that it forgets its last frame.
      this.#instance?.clear();
      this.#output.erase();
      this.#store.setState((state) => resize(state, this.#roomIn(size)));
      this.#instance?.rerender(this.#tree);
      this.#output.emit('resize');
    });
  }

  #quit(): void {
    this.#end({ kind: 'quit', code: 0 });
  }

  #crash(error: unknown, components: string): void {
    if (this.#ending) return;
    const { columns, rows } = this.#output;
    const { connection } = this.#store.getState();
    const notes = [
      `Terminal: ${columns}×${rows}, TERM=${process.env.TERM ?? ''}`,
      `Server: ${connection.label}, ${connection.link.kind}, version ${connection.server?.version ?? 'unknown'}`,
      ...(components === '' ? [] : [`Components:${components}`]),
    ];
    const report = { error, notes, stray: this.#stray.lines, at: Date.now() };
    const crashFile = writeCrashFile(this.#options.stateDirectory, report);
    this.#end({ kind: 'crash', code: 1, crashFile }, crashMessage(error, crashFile));
  }

  #end(exit: ConsoleExit, message = ''): void {
    if (this.#ending) return;
    this.#ending = true;
    // Not from within React, which may be in the middle of drawing.
    setImmediate(() => void this.#close(exit, message));
  }

  async #close(exit: ConsoleExit, message: string): Promise<void> {
    this.#closing.abort();
    this.#hands?.session.close();
    this.#clock.stop();
    try {
      this.#instance?.unmount();
      await this.#instance?.waitUntilExit();
    } catch {
      // What Ink could not take back is taken back below.
    }
    this.#restore();
    await this.#history.written;
    for (const undo of this.#undo.splice(0)) undo();
    if (message !== '') this.#streams.stderr.write(message);
    this.#exit.resolve(exit);
  }

  /** Brings the terminal back to what it was; may be called more than once, and from a process that is about to end. */
  #restore(): void {
    try {
      this.#output.restore();
      this.#streams.stdin.setRawMode(false);
    } catch {
      // The terminal has gone.
    }
    this.#stray.release();
  }
}

function crashMessage(error: unknown, crashFile: string | undefined): string {
  const what = error instanceof Error ? error.message : String(error);
  const where =
    crashFile === undefined ? 'No crash file could be written.' : `What is known about it is in ${crashFile}.`;
  return `The console failed: ${what}\n${where}\n`;
}
