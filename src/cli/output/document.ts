import type { DescMessage, JsonValue, MessageShape } from '@bufbuild/protobuf';
import { toJson } from '@bufbuild/protobuf';
import { stringify } from 'yaml';

/** The forms that programs read. */
export type DocumentForm = 'json' | 'yaml';

/** A message as proto3 JSON with every field in it, so that who reads it need not know what may be missing. */
export function jsonOf<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): JsonValue {
  return toJson(schema, message, { alwaysEmitImplicit: true });
}

/** One document, with its line end. */
export function documentText(value: JsonValue, form: DocumentForm): string {
  return form === 'json' ? `${JSON.stringify(value, null, 2)}\n` : stringify(value, { lineWidth: 0 });
}

/** One of many: a JSON object on a line of its own, or a YAML document behind `---`. */
export function streamedText(value: JsonValue, form: DocumentForm): string {
  return form === 'json' ? `${JSON.stringify(value)}\n` : `---\n${stringify(value, { lineWidth: 0 })}`;
}
