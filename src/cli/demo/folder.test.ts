import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TourFolder } from './folder.ts';

describe('the folder of a tour', () => {
  it('holds its files for nobody else, and is gone with them', () => {
    const folder = new TourFolder();
    onTestFinished(() => folder.remove());
    const path = folder.write('racks.csv', 'id\n');
    expect(readFileSync(path, 'utf8')).toBe('id\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(dirname(folder.write('racks.csv', 'other'))).toBe(dirname(path));
    const stores = [folder.freshStore(), folder.freshStore()];
    expect(new Set(stores).size).toBe(2);
    expect(stores.map(existsSync)).toEqual([false, false]);
    folder.remove();
    expect(existsSync(dirname(path))).toBe(false);
  });

  it('is gone with the process, too, and listens for its end no longer than there is something', () => {
    const before = process.listenerCount('exit');
    const folder = new TourFolder();
    expect(process.listenerCount('exit')).toBe(before);
    const path = folder.write('racks.csv', 'id\n');
    const [onExit] = process.listeners('exit').slice(before);
    expect(onExit).toBeDefined();
    onExit?.call(process, 0);
    expect(existsSync(path)).toBe(false);
    expect(process.listenerCount('exit')).toBe(before);
  });
});
