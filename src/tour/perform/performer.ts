import type { Client } from '../../client/client.ts';
import type { Plan } from '../../wire/gen/baremetal/v1/plan_pb.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { counted } from '../count.ts';
import { TourFailure } from '../failure.ts';
import type { KeptIn, TourHost, WalkFile } from '../host.ts';
import type { Room } from '../room/room.ts';
import { runTypeOf } from '../room/run-type.ts';
import { hasEnded, runPhaseOf, shortId } from '../room/view.ts';
import { filledIn } from '../script/references.ts';
import type { Command, RunCommandName, Script, StartCommand } from '../script/script.ts';
import type { Facts, NamedRun } from './facts.ts';
import { forgetPart, NO_FACTS, runsOf } from './facts.ts';
import type { StartOrder } from './start-order.ts';
import { startOrder } from './start-order.ts';

/** Calls that are under way at the same time where many machines are meant. */
const AT_ONCE = 16;

/** The longest list of runs that a card is filled from. */
const MOST_RUNS = 200;

/** Carries out the commands of a walk through the public API, and keeps what was answered. */
export class Performer {
  readonly #host: TourHost;
  readonly #room: Room;
  readonly #files: Script['files'];
  #client: Client | null = null;
  #facts: Facts = NO_FACTS;

  /** @param files those of the walk */
  constructor(host: TourHost, room: Room, files: Script['files']) {
    this.#host = host;
    this.#room = room;
    this.#files = files;
  }

  /** What was answered so far; a new object with every answer. */
  get facts(): Facts {
    return this.#facts;
  }

  /** The client of the server. @throws TourFailure where there is no server */
  get client(): Client {
    if (this.#client === null) throw new TourFailure('there is no server to ask', 'chapter');
    return this.#client;
  }

  /** Whether there is a server to ask. */
  get hasServer(): boolean {
    return this.#client !== null;
  }

  /** Forgets what an earlier visit to a part has started. */
  forget(part: number): void {
    this.#facts = forgetPart(this.#facts, part);
  }

  /** Starts the server, unless there is one already, and answers its address. */
  async startServer(keptIn: KeptIn, signal: AbortSignal): Promise<string> {
    if (this.#client === null) {
      this.#client = await this.#host.start(keptIn, signal);
      this.#facts = { ...this.#facts, store: '' };
      this.#room.attach(this.#client);
    }
    return this.#client.address.label;
  }

  /** Asks the server what it keeps its state in, and answers it: `memory`, or what outlives the server. */
  async learnStore(signal: AbortSignal): Promise<string> {
    const { store } = await this.client.server.getServerInfo({}, { signal });
    this.#facts = { ...this.#facts, store: store?.kind ?? 'memory' };
    return this.#facts.store;
  }

  /** Stops the server, or lets go of one that is somebody else's; answers how it ended, as a sentence. */
  async stopServer(): Promise<string> {
    const address = this.#client?.address.label ?? '';
    this.#letGo();
    if (!this.#host.ownServer) return `the server at ${address} is not the tour's own: it goes on`;
    const { runsLost } = await this.#host.stop();
    if (runsLost > 0) throw new TourFailure(`the server has stopped, and lost ${counted(runsLost, 'run')}`, 'chapter');
    return 'graceful stop, 0 runs lost';
  }

  /** Starts the tour's own server anew, with a fresh store; what was answered before is forgotten. */
  async restartServer(keptIn: KeptIn, signal: AbortSignal): Promise<void> {
    this.#letGo();
    await this.#host.stop();
    this.#facts = NO_FACTS;
    await this.startServer(keptIn, signal);
  }

  /** Gives the client back. */
  close(): void {
    this.#letGo();
  }

  /**
   * Carries out a command of a part and answers what came of it, as a sentence.
   *
   * @param request `same`: the answer to it was lost, so the very same request is sent
   */
  async perform(
    command: Command,
    part: number,
    machineOf: (role: string) => string,
    request: 'new' | 'same',
    signal: AbortSignal,
  ): Promise<string> {
    switch (command.kind) {
      case 'serve':
        return `the server answers at ${await this.startServer('memory', signal)}`;
      case 'stop':
        return this.stopServer();
      case 'list': {
        const machines = await Array.fromAsync(this.client.listMachines({ limit: MOST_RUNS }, { signal }));
        this.#facts = { ...this.#facts, machines };
        return counted(machines.length, 'machine');
      }
      case 'plans': {
        const plans = await this.#learnPlans(signal);
        return counted(plans.length, 'plan');
      }
      case 'runs': {
        const history = await Array.fromAsync(this.client.listRuns({ limit: MOST_RUNS }, { signal }));
        this.#facts = { ...this.#facts, history };
        return counted(history.length, 'run');
      }
      case 'import': {
        const { created, updated, unchanged } = await this.#host.importMachines(this.client, command.count, signal);
        const known = updated + unchanged;
        return known === 0 ? `${counted(created, 'machine')}, all new` : `${created} new, ${known} known already`;
      }
      case 'import-file': {
        const { file } = command;
        const imported = await this.#host.importFile(this.client, this.#file(file), signal);
        this.#facts = { ...this.#facts, imported: { file, ...imported } };
        return imported.summary;
      }
      case 'create-plan':
        return this.#createPlan(this.#file(command.file), filledIn(command.reason, machineOf), signal);
      case 'restart':
        return this.#endAndStart();
      case 'start': {
        const run = await this.#startNamed(command, part, machineOf, request, signal);
        return `run ${shortId(run.runId)} on ${run.machineId} accepted`;
      }
      case 'start-many':
        return this.#startMany(command.run, command.from, command.to, signal);
      case 'again':
        return this.#again(command.run, command.as, part, signal);
      case 'cancel': {
        const runId = runsOf(this.#facts, part).get(command.run);
        if (runId === undefined) throw new TourFailure('the run that is to be canceled was not started', 'chapter');
        const run = await this.client.runs.cancelRun(
          { runId, reason: filledIn(command.reason, machineOf) },
          { signal },
        );
        this.#room.learn(run);
        return `run ${shortId(runId)} is ${runPhaseOf(run)}`;
      }
    }
  }

  /** Starts a run that the walk does not speak of, and answers it. */
  async start(machineId: string, type: string, reason: string, signal: AbortSignal): Promise<Run> {
    const params = type === 'RMA' ? { reason } : {};
    return this.#send({ machineId, requestId: this.#host.newId(), type, planId: '', params, reason }, signal);
  }

  #file(name: string): WalkFile {
    return { name, text: this.#files[name] ?? '' };
  }

  async #createPlan({ name, text }: WalkFile, reason: string, signal: AbortSignal): Promise<string> {
    const source = { form: { case: 'yaml' as const, value: text }, fileName: name };
    const { planId, version } = await this.client.plans.createPlan(
      { source, requestId: this.#host.newId(), reason },
      { signal },
    );
    await this.#learnPlans(signal);
    return `${planId} is version ${version}`;
  }

  async #learnPlans(signal: AbortSignal): Promise<readonly Plan[]> {
    const plans = await Array.fromAsync(this.client.listPlans({ signal }));
    this.#facts = { ...this.#facts, plans };
    return plans;
  }

  async #endAndStart(): Promise<string> {
    const address = this.client.address.label;
    if (!this.#host.ownServer) {
      throw new TourFailure(
        `the server at ${address} is not the tour's own: stop it and start it again where it runs, and leave this out`,
      );
    }
    const cut = [...this.#room.view.runs.values()].filter((run) => !hasEnded(run));
    await this.#host.restart(cut.map(({ machineId }) => machineId));
    return `stopped with ${counted(cut.length, 'run')} under way, and started again at ${address}`;
  }

  async #startNamed(
    command: StartCommand,
    part: number,
    machineOf: (role: string) => string,
    request: 'new' | 'same',
    signal: AbortSignal,
  ): Promise<Run> {
    const key = `${part}/${command.as}`;
    const before = request === 'same' ? this.#facts.named.get(key) : undefined;
    const order = before?.order ?? startOrder(command, machineOf, this.#requestId(command, machineOf));
    this.#name(key, { order, answer: null });
    const answer = await this.#send(order, signal);
    this.#name(key, { order, answer });
    return answer;
  }

  /** The request id that the script wants to be seen, with a number behind it where it was used before, or a new one. */
  #requestId({ requestId, machine }: StartCommand, machineOf: (role: string) => string): string {
    if (requestId === '') return this.#host.newId();
    const used = new Set<string>();
    for (const run of this.#room.view.runs.values()) if (run.machineId === machineOf(machine)) used.add(run.requestId);
    let id = requestId;
    for (let number = 2; used.has(id); number += 1) id = `${requestId}-${number}`;
    return id;
  }

  async #again(name: string, as: string, part: number, signal: AbortSignal): Promise<string> {
    const before = this.#facts.named.get(`${part}/${name}`);
    if (before?.answer === undefined || before.answer === null) {
      throw new TourFailure('the request that is to be sent again was not sent', 'chapter');
    }
    const { order, answer: first } = before;
    const second = await this.#send(order, signal);
    this.#name(`${part}/${as}`, { order, answer: second });
    this.#facts = { ...this.#facts, answers: { requestId: order.requestId, first, second } };
    const same = first.runId === second.runId;
    return same ? `run ${shortId(second.runId)}, the same as before` : `another run: ${shortId(second.runId)}`;
  }

  async #startMany(run: RunCommandName, from: number, to: number, signal: AbortSignal): Promise<string> {
    const type = runTypeOf(run);
    const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index).values();
    const many: string[] = [];
    const worker = async () => {
      for (const number of numbers) many.push((await this.start(`machine-${number}`, type, '', signal)).runId);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    this.#facts = { ...this.#facts, many };
    return `${counted(many.length, 'run')} accepted`;
  }

  async #send(order: StartOrder, signal: AbortSignal): Promise<Run> {
    const run = await this.client.runs.startRun({ ...order }, { signal });
    this.#room.learn(run);
    return run;
  }

  #name(key: string, run: NamedRun): void {
    this.#facts = { ...this.#facts, named: new Map(this.#facts.named).set(key, run) };
  }

  #letGo(): void {
    this.#client?.close();
    this.#client = null;
    this.#room.stopped();
  }
}
