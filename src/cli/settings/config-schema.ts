import { z } from 'zod';
import { KEYS_SCHEMA } from './key-settings.ts';
import type { Setting, SettingName } from './settings.ts';
import { SETTINGS } from './settings.ts';

const settings = Object.fromEntries(
  Object.entries<Setting>(SETTINGS).map(([name, { schema, help, about = help }]) => [
    name,
    schema.optional().meta({ description: about }),
  ]),
) as { readonly [Name in SettingName]: z.ZodOptional<z.ZodType> };

/** The configuration file: every setting under its name, and the keys of the console. */
export const CONFIG_SCHEMA = z.strictObject(
  { ...settings, keys: KEYS_SCHEMA.optional().meta({ description: 'other keys for what the console does' }) },
  'must be settings, one a line, such as `server: 127.0.0.1:50051`',
);

/** The JSON schema of the file, for editors. */
export function configJsonSchema(): object {
  const schema = z.toJSONSchema(CONFIG_SCHEMA, { io: 'input' });
  return { ...schema, title: 'The configuration file of bmdemo (`bmdemo config path` says where it is)' };
}
