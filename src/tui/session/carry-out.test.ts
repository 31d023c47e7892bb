import { expect, test, vi } from 'vitest';
import { BackendDouble } from '../../../test/tui/backend-double.ts';
import { fileOutcome } from '../../../test/tui/samples.ts';
import { importDialog } from '../actions/import-dialog.ts';
import { createConsoleStore } from '../store/store.ts';
import { openDialog, updateDialog } from '../store/update.ts';
import { carryOut } from './carry-out.ts';
import { Session } from './session.ts';

test('what is shown in place of what no longer holds is seen for a moment before a key can agree to it', async () => {
  const size = { columns: 120, rows: 40 };
  const settings = { theme: 'dark', ascii: false, readOnly: false, readOnlyBy: '', keyNames: new Map() } as const;
  const store = createConsoleStore({ label: '', attached: true, size, settings, now: 0 });
  const backend = new BackendDouble();
  const stale = Object.assign(new Error('it would do something else by now'), { reason: 'PREVIEW_STALE' });
  backend.onImport = () => Promise.reject(stale);
  backend.onFile = () => Promise.resolve(fileOutcome('2 machines: 2 changed', 'changed'));
  store.setState((state) => openDialog(state, importDialog('a.csv', fileOutcome('2 machines: 2 new', 'new'))));
  const id = store.getState().ui.dialog?.id ?? 0;
  store.setState((state) => updateDialog(state, id, (now) => ({ ...now, armed: true })));
  const { dialog } = store.getState().ui;
  if (dialog === undefined) throw new Error('there is no question');
  await carryOut(dialog, { store, backend, session: new Session(store, backend) });
  await vi.waitFor(() => {
    const now = store.getState().ui.dialog;
    expect(now?.facts[1]?.text).toBe('2 machines: 2 changed');
    expect([now?.armed, now?.busy, now?.focus]).toEqual([false, false, 'cancel']);
  });
});
