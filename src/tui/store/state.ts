import type { Plan } from '../../wire/gen/baremetal/v1/plan_pb.ts';
import type { ThemeName } from '../theme/theme.ts';
import type { ConnectionState } from './connection.ts';
import type { Dialog } from './dialog.ts';
import type { FieldState } from './field.ts';
import type { FilesState } from './files.ts';
import { noFiles } from './files.ts';
import type { KeyNames } from './key-names.ts';
import type { Pane, Size } from './layout.ts';
import type { ListsState } from './lists.ts';
import { noLists } from './lists.ts';
import type { LogState } from './log.ts';
import { emptyLog } from './log.ts';
import type { LogLook } from './log-window.ts';
import type { MachinesState } from './machines.ts';
import { noMachines } from './machines.ts';
import type { MarksState } from './marks.ts';
import { noMarks } from './marks.ts';
import type { Detail, Place } from './place.ts';
import type { RunsState } from './runs.ts';
import { noRuns } from './runs.ts';
import type { Selection } from './selection.ts';
import { noSelection } from './selection.ts';
import { emptyServerLog } from './server-log.ts';
import type { ViewState } from './view.ts';
import { allMachines } from './view.ts';
import type { WireState } from './wire.ts';
import { noWire } from './wire.ts';

/** A short word on what just happened. */
export interface Toast {
  readonly id: number;
  readonly tone: 'ok' | 'info' | 'warn' | 'error';
  readonly text: string;
}

/** A line that is typed in the footer. */
export interface PromptState {
  /** What it is for. */
  readonly kind: 'filter' | 'search' | 'command';
  readonly field: FieldState;
  /** What was there before, for Esc. */
  readonly before: string;
  /** Of a command: which of the lines typed before it is, from the newest. */
  readonly recalled?: number;
  /** Of a command: what was typed before Tab went through the choices, and which of them it is at. */
  readonly tabbed?: { readonly stem: string; readonly at: number };
}

/** What is shown and who has the keyboard. */
export interface UiState {
  readonly size: Size;
  readonly place: Place;
  /** What is looked at closely, the innermost last; empty: the place itself is shown. */
  readonly path: readonly Detail[];
  readonly focus: Pane;
  /** Which of run and log is shown where there is room for one. */
  readonly lower: 'run' | 'log';
  /** Rows that the help is scrolled by; undefined: it is closed. */
  readonly helpTop: number | undefined;
  readonly dialog: Dialog | undefined;
  /** The line that is typed in the footer. */
  readonly prompt: PromptState | undefined;
  /** The next digit says what to sort by. */
  readonly sorting: boolean;
  /** Where the cursor is in the phases that are shown, by their filters; undefined: they are not. */
  readonly facet: Selection | undefined;
  readonly toast: Toast | undefined;
  /** The step that the cursor of the run pane is on; empty: the one under way. */
  readonly step: string;
  /** Rows that the machine pane is scrolled by. */
  readonly machineTop: number;
  /** Rows that the text below a list is scrolled by. */
  readonly textTop: number;
  readonly logLook: LogLook;
}

/** What somebody chose. */
export interface SettingsState {
  readonly theme: ThemeName;
  /** Plain ASCII signs in every theme. */
  readonly ascii: boolean;
  readonly readOnly: boolean;
  /** What made it so, as people write it: `--read-only`. */
  readonly readOnlyBy: string;
  /** The keys that texts name. */
  readonly keyNames: KeyNames;
}

/** What moves on by itself. */
export interface ClockState {
  /** ms since 1970. */
  readonly now: number;
  /** Counts the pictures of the spinner. */
  readonly frame: number;
}

/** Everything that the console shows, and nothing that it does. */
export interface ConsoleState {
  readonly connection: ConnectionState;
  readonly machines: MachinesState;
  /** Which machines are shown, and in which order. */
  readonly view: ViewState;
  readonly runs: RunsState;
  readonly plans: readonly Plan[];
  readonly log: LogState;
  /** The server's own log, as far as it was looked at. */
  readonly serverLog: LogState;
  readonly lists: ListsState;
  readonly selection: Selection;
  readonly marks: MarksState;
  /** The calls on the wire, while they are looked at. */
  readonly wire: WireState;
  readonly ui: UiState;
  readonly settings: SettingsState;
  readonly clock: ClockState;
  /** The command lines that were typed before, the newest first. */
  readonly history: readonly string[];
  /** What can be imported, while a path is typed. */
  readonly files: FilesState;
}

/** What a console begins with. */
export interface InitialState {
  readonly label: string;
  readonly attached: boolean;
  /** True: a guest says when there is a server; false if not given. */
  readonly staged?: boolean;
  readonly size: Size;
  readonly settings: SettingsState;
  readonly now: number;
}

/** The state before anything is known. */
export function initialState({ label, attached, staged = false, size, settings, now }: InitialState): ConsoleState {
  return {
    connection: {
      label,
      attached,
      link: { kind: staged ? 'none' : attached ? 'connecting' : 'starting' },
      latencyMs: undefined,
      encrypted: undefined,
      server: undefined,
    },
    machines: noMachines,
    view: allMachines,
    runs: noRuns,
    plans: [],
    log: emptyLog(''),
    serverLog: emptyServerLog(),
    lists: noLists,
    selection: noSelection,
    marks: noMarks,
    wire: noWire,
    ui: {
      size,
      place: 'machines',
      path: [],
      focus: 'machines',
      lower: 'run',
      helpTop: undefined,
      dialog: undefined,
      prompt: undefined,
      sorting: false,
      facet: undefined,
      toast: undefined,
      step: '',
      machineTop: 0,
      textTop: 0,
      logLook: { wrap: false, times: 'clock', zoomed: false },
    },
    settings,
    clock: { now, frame: 0 },
    history: [],
    files: noFiles,
  };
}
