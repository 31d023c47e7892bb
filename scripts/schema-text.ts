/** A JSON schema as it is published: indented as the formatter wants it, with lists of words on one line. */
export function schemaText(schema: object): string {
  const json = JSON.stringify(schema, null, 2);
  return `${json.replaceAll(/\[\n\s+((?:"[^"\n]*"(?:,\n\s+)?)+)\n\s+\]/g, (_, words: string) => {
    return `[${words.replaceAll(/,\n\s+/g, ', ')}]`;
  })}\n`;
}
