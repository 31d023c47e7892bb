import type { Logger } from 'pino';
import type { Clock } from '../../core/ports/clock.ts';
import type { ProviderRegistry } from '../../core/ports/provider.ts';
import type { Store } from '../../core/ports/store.ts';
import type { Recovering } from '../recovering.ts';
import type { Hub } from '../watch/hub.ts';

/** What the services of one server share. */
export interface ServiceContext {
  /** This incarnation of the server. */
  readonly instance: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly providers: ProviderRegistry;
  readonly hub: Hub;
  readonly recovering: Recovering;
  readonly log: Logger;
}
