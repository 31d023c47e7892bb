import { wrap } from '../../tui/format/cells.ts';
import { defaultsIn } from './defaults.ts';
import { CHANGEABLE } from './key-settings.ts';
import type { Setting, SettingName } from './settings.ts';
import { SETTINGS } from './settings.ts';

const HEAD = `# Settings of bmdemo. A line that begins with "#" and a setting says what holds without it: take the "#" away to say
# something else. A flag beats the environment, and that this file; \`bmdemo config print\` says what holds, and why.
`;

const KEYS = `# Other keys for what the console does: one, or a list of them. A key is one character, ctrl- and a letter, or one of
# space, enter, tab, shift-tab, backspace, delete, up, down, left, right, pageup, pagedown, home, end. Esc, Enter, Tab, Ctrl-C
# and Ctrl-Z mean the same for ever, and no key may mean two things at the same time.
#keys:
`;

/** A configuration file in which every setting is named and none is set. */
export function configText(env: NodeJS.ProcessEnv): string {
  const defaults = defaultsIn(env);
  const settings = (Object.keys(SETTINGS) as SettingName[]).map((name) => {
    const { text, sample = text } = defaults[name];
    const { help, about = help }: Setting = SETTINGS[name];
    const lines = wrap(about, 116, 4).map((line) => `# ${line}\n`);
    return `${lines.join('')}#${name}: ${sample}\n`;
  });
  const keys = CHANGEABLE.map(({ id, keys: own, help }) => {
    const texts = own.map((key) => JSON.stringify(key));
    const value = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
    return `#  ${id}: ${value}  # ${help}\n`;
  });
  return [HEAD, ...settings, `${KEYS}${keys.join('')}`].join('\n');
}
