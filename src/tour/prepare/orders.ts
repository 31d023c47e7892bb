import type { Order } from '../director/state.ts';

/** The commands that put the room in order, as they are shown while they are carried out. */
export class Orders {
  readonly #tell: (orders: readonly Order[]) => void;
  #orders: readonly Order[] = [];

  /** @param tell told of every change */
  constructor(tell: (orders: readonly Order[]) => void) {
    this.#tell = tell;
  }

  /** Shows a command while it is carried out. */
  async carryOut<T>(text: string, work: () => Promise<T>): Promise<T> {
    const at = this.#orders.length;
    this.#set([...this.#orders, { text, state: 'running' }]);
    try {
      const result = await work();
      this.#set(this.#orders.with(at, { text, state: 'done' }));
      return result;
    } catch (error) {
      this.#set(this.#orders.with(at, { text, state: 'failed' }));
      throw error;
    }
  }

  #set(orders: readonly Order[]): void {
    this.#orders = orders;
    this.#tell(orders);
  }
}
