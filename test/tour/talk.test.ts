import { describe, expect, it } from 'vitest';
import { requireHarmless } from '../../src/cli/demo/host.ts';
import type { Client } from '../../src/client/client.ts';
import { offeredKeys } from '../../src/tour/director/keys.ts';
import { isBusy } from '../../src/tour/room/verdict.ts';
import { hasEnded, phaseOf, runPhaseOf } from '../../src/tour/room/view.ts';
import { builtInTalk } from '../../src/tour/script/talk.ts';
import { MachineStatus_Phase as MachinePhase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { TalkStage } from './stage.ts';

async function phases({ client }: TalkStage): Promise<Record<string, string>> {
  const machines = await Array.fromAsync(client.listMachines({}));
  return Object.fromEntries(machines.map((machine) => [machine.machineId, phaseOf(machine)]));
}

async function runs({ client }: TalkStage): Promise<readonly string[]> {
  const all = await Array.fromAsync(client.listRuns({ orderBy: 'created_at' }));
  return all.map((run) => `${run.machineId} ${run.type} ${runPhaseOf(run)}`);
}

async function conditions({ client }: TalkStage, machineId: string): Promise<Record<string, string>> {
  const { status } = await client.machines.getMachine({ machineId });
  const set = (status?.conditions ?? []).filter((condition) => condition.status);
  return Object.fromEntries(set.map(({ type, message }) => [type, message]));
}

/** The phases that a chapter leaves, where it does something to machines. */
const AFTER_CHAPTER: Readonly<Record<number, Record<string, string>>> = {
  5: { 'machine-1': 'IN_SERVICE' },
  6: { 'machine-1': 'IN_SERVICE' },
  7: { 'machine-1': 'IN_SERVICE' },
  8: { 'machine-2': 'MAINTENANCE' },
  9: { 'machine-3': 'RMA' },
  10: { 'machine-1': 'IN_SERVICE', 'machine-2': 'MAINTENANCE', 'machine-3': 'RMA' },
};

/** Resolves when a run has ended, and answers its phase. */
async function ended(client: Client, runId: string): Promise<string> {
  for await (const { snapshot } of client.watchRuns({ filter: `run_id=${runId}` }, {})) {
    if (snapshot !== undefined && hasEnded(snapshot)) return runPhaseOf(snapshot);
  }
  throw new Error(`the watch of run ${runId} ended before it`);
}

/**
 * Reboots a machine, cancels a repave of it in its image and sends it to repair, in an order of which there are three; each is
 * accepted, because what stands against it is put out of the way first. The last of them is how the machine is left.
 */
async function explore(client: Client, machineId: string, order: number): Promise<void> {
  const { runs: calls, machines } = client;
  const request = (what: string) => ({ machineId, requestId: `explorer-${what}`, reason: 'a look around' });
  const start = async (type: string) => {
    const { runId } = await calls.startRun({ ...request(type), type, acknowledgeIntervention: true });
    return runId;
  };
  const deeds = [
    async () => expect(await ended(client, await start('REBOOT'))).toBe('SUCCEEDED'),
    async () => {
      const runId = await start('REPAVE');
      const run = await calls.cancelRun({ runId, reason: 'a look around' });
      expect(runPhaseOf(run)).toBe('CANCELED');
    },
    async () => expect(await ended(client, await start('RMA'))).toBe('SUCCEEDED'),
  ];
  for (let place = 0; place < deeds.length; place += 1) {
    await released(client, machineId);
    const { status } = await machines.getMachine({ machineId });
    if (status?.phase === MachinePhase.RMA) await machines.completeRma(request('complete-rma'));
    await deeds[(order + place) % deeds.length]?.();
  }
  await released(client, machineId);
}

/** Resolves when no run and no call holds a machine. */
async function released(client: Client, machineId: string): Promise<void> {
  for await (const { snapshot } of client.watchMachines({ filter: `machine_id=${machineId}` }, {})) {
    if (snapshot !== undefined && !isBusy(snapshot)) return;
  }
}

describe('the talk', () => {
  it('does on the server what each chapter says', async () => {
    const stage = new TalkStage();
    await stage.playChapter(3);
    expect(await phases(stage)).toEqual({
      'machine-1': 'FACTORY_READY',
      'machine-2': 'FACTORY_READY',
      'machine-3': 'FACTORY_READY',
    });

    await stage.playChapter(5);
    expect((await phases(stage))['machine-1']).toBe('IN_SERVICE');
    const [repave] = await Array.fromAsync(stage.client.listRuns({ filter: 'machine_id=machine-1' }));
    expect(repave?.steps.map(({ name, retryCount }) => [name, retryCount])).toEqual([
      ['set-netboot', 0],
      ['reboot-to-netboot', 0],
      ['repave-image', 0],
      ['join-cluster', 0],
      ['verify-in-cluster', 1],
    ]);
    expect(Object.keys(await conditions(stage, 'machine-1')).sort()).toEqual(['InCustomerCluster', 'Provisioned']);

    const { facts } = await stage.playChapter(6);
    expect(facts.answers?.requestId).toBe('change-4711');
    expect(facts.answers?.second.runId).toBe(facts.answers?.first.runId);
    expect(await runs(stage)).toEqual(['machine-1 REPAVE SUCCEEDED', 'machine-1 NET_RECONFIG SUCCEEDED']);

    await stage.playChapter(8);
    const [canceled] = await Array.fromAsync(stage.client.listRuns({ filter: 'machine_id=machine-2' }));
    expect(canceled?.currentStep).toBe('repave-image');
    expect(canceled?.canceledBy).toBe('presenter');
    expect((await phases(stage))['machine-2']).toBe('MAINTENANCE');
    expect(await conditions(stage, 'machine-2')).toMatchObject({
      NeedsIntervention: expect.stringContaining('wrong machine'),
    });

    await stage.playChapter(9);
    expect((await phases(stage))['machine-3']).toBe('RMA');
    expect((await conditions(stage, 'machine-3')).RMA).toContain('bad memory module in slot A3');

    await stage.playChapter(10);
    expect((await runs(stage)).toSorted()).toEqual([
      'machine-1 NET_RECONFIG SUCCEEDED',
      'machine-1 REBOOT SUCCEEDED',
      'machine-1 REPAVE SUCCEEDED',
      'machine-2 REPAVE CANCELED',
      'machine-3 REPAVE SUCCEEDED',
      'machine-3 RMA SUCCEEDED',
    ]);

    const { state } = await stage.playChapter(11);
    expect(state.told).toBe('graceful stop, 0 runs lost');
    await expect(stage.client.server.getServerInfo({}, { timeoutMs: 500 })).rejects.toThrow();
  });

  it.each(builtInTalk().chapters.map((_, number) => number))('can begin with chapter %i, cold', async (number) => {
    const stage = new TalkStage({ from: number });
    const { state } = await stage.playChapter(number);
    expect(state.stage).toBe('done');
  });

  it.each(builtInTalk().chapters.map(({ id }, number) => [number, id] as const))(
    'does what chapter %i (%s) says after somebody has canceled, sent to repair and rebooted everything in reach',
    async (number) => {
      const stage = new TalkStage({ from: 4 });
      await stage.playChapter(4);
      for (const [place, machineId] of ['machine-1', 'machine-2', 'machine-3'].entries()) {
        await explore(stage.client, machineId, number + place);
      }
      const spoiled = await phases(stage);
      expect(Object.values(spoiled)).toContain('RMA');
      expect(Object.values(spoiled)).toContain('MAINTENANCE');
      stage.command({ name: 'goto', chapter: number });
      const { state } = await stage.playChapter(number);
      expect(state).toMatchObject({ place: { part: number }, stage: 'done', skipped: false });
      if (number < 11) expect(await phases(stage)).toMatchObject(AFTER_CHAPTER[number] ?? spoiled);
    },
  );

  it('starts its server anew, with a fresh store and ready for the chapter', async () => {
    const stage = new TalkStage({ from: 9 });
    await stage.playChapter(9);
    const address = stage.director.moment.server;
    stage.command({ name: 'restart' });
    await stage.until(({ state }) => state.stage === 'shown');
    expect(stage.director.moment.server).toBe(address);
    expect(await phases(stage)).toMatchObject({ 'machine-1': 'FACTORY_READY', 'machine-3': 'IN_SERVICE' });
    await stage.playChapter(9);
  });

  it('offers a fresh server where somebody has retired what a chapter needs', async () => {
    const stage = new TalkStage({ from: 4 });
    await stage.playChapter(4);
    const request = { machineId: 'machine-1', requestId: 'explorer-retire', reason: 'a look around' };
    await stage.client.machines.retireMachine(request);
    stage.command({ name: 'goto', chapter: 5 });
    await expect(stage.playChapter(5)).rejects.toThrow('machine-1 is retired for good: that takes a fresh server');
    const { state, plan } = stage.director.moment;
    expect(offeredKeys(state, plan.ownServer)).toContainEqual({ key: 'R', label: 'restart', command: 'restart' });
    stage.command({ name: 'restart' });
    await stage.playChapter(5);
    expect((await phases(stage))['machine-1']).toBe('IN_SERVICE');
  });

  it('is not given on a server that has machines already', async () => {
    const stage = new TalkStage({ from: 4 });
    await stage.playChapter(4);
    const talk = requireHarmless(stage.director.moment.server, { user: 'presenter' });
    await expect(talk).rejects.toThrow(/has 3 machines already, and a talk begins with none/);
  });

  describe('the questions of the closing card', () => {
    async function atClosing(): Promise<TalkStage> {
      const stage = new TalkStage({ from: 11 });
      stage.command({ name: 'next' });
      await stage.until(({ state }) => state.place.part === 11 && state.stage === 'done');
      return stage;
    }

    it('can each be opened to show it live, one after the other, and lead back to where they were asked', async () => {
      const stage = await atClosing();
      const { questions } = builtInTalk();
      for (const number of questions.keys()) {
        const { state } = await stage.playQuestion(number + 1);
        expect(state.place.beat).toBeGreaterThan(0);
        stage.command({ name: 'next' });
        expect(stage.director.moment.state).toMatchObject({ place: { part: 11, beat: 0 }, stage: 'done' });
      }
      expect((await stage.playChapter(11)).state.told).toBe('graceful stop, 0 runs lost');
    });

    it('import a file, and say of each line what became of it', async () => {
      const stage = await atClosing();
      const { facts } = await stage.playQuestion(1);
      expect(facts.imported?.rows.map(({ line, machineId, outcome }) => [line, machineId, outcome])).toEqual([
        [2, 'machine-1', 'unchanged'],
        [3, 'machine-2', 'changed'],
        [4, 'db-1', 'new'],
        [5, 'db-2', 'new'],
        [6, 'db-3', 'refused'],
      ]);
      expect(facts.imported?.rows.map(({ note }) => note)).toEqual([
        '',
        'rack',
        '',
        '',
        expect.stringContaining('machine-1'),
      ]);
      const { spec } = await stage.client.machines.getMachine({ machineId: 'machine-2' });
      expect(spec?.rack).toBe('r7');
    });

    it('break a disk for good: FAILED, and somebody has to look', async () => {
      const stage = await atClosing();
      await stage.playQuestion(2);
      const [failed] = await Array.fromAsync(stage.client.listRuns({ filter: 'machine_id=machine-4' }));
      expect(failed?.error?.message).toContain('nvme0n1 does not answer any more');
      expect(await conditions(stage, 'machine-4')).toHaveProperty('NeedsIntervention');
    });

    it('repave a hundred machines at once', async () => {
      const stage = await atClosing();
      await stage.playQuestion(3);
      const all = await runs(stage);
      expect(all.filter((run) => run.endsWith('REPAVE SUCCEEDED'))).toHaveLength(100);
    });

    it('make a plan of steps that the server did not know, which the engine retries like any other', async () => {
      const stage = await atClosing();
      await stage.playQuestion(4);
      const [trial] = await Array.fromAsync(stage.client.listRuns({ filter: 'plan_id=plan/burn-in' }));
      expect(trial?.steps.map(({ name, retryCount }) => [name, retryCount])).toEqual([
        ['stress-memory', 1],
        ['read-sensors', 0],
      ]);
      expect((await phases(stage))['machine-1']).toBe('IN_SERVICE');
    });

    it('have the server replaced in the middle of an image, and the next one carry on with the run', async () => {
      const stage = await atClosing();
      expect((await stage.client.server.getServerInfo({})).store?.kind).toBe('memory');
      stage.command({ name: 'question', number: 5 });
      await stage.until(({ state }) => state.place.part === 16 && state.stage === 'done');
      const before = await stage.client.server.getServerInfo({});
      expect(before.store?.kind).toBe('sqlite');
      const { state } = await stage.playQuestion(5);
      expect(state.told).toMatch(/^stopped with 1 run under way, and started again at /);
      const after = await stage.client.server.getServerInfo({});
      expect(after.store?.kind).toBe('sqlite');
      expect(after.instance).not.toBe(before.instance);
      const { events } = await stage.client.events.listEvents({ filter: 'machine_id=machine-5', pageSize: 1_000 });
      const of = (kind: string) => events.filter((event) => event.kind === kind);
      expect(of('RUN_ACCEPTED')).toHaveLength(1);
      expect(of('ATTEMPT_INTERRUPTED').length + of('ATTEMPT_UNKNOWN').length).toBeGreaterThan(0);
    });
  });
});
