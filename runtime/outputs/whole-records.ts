/**
 * How many records end within the first `bytes` bytes of a text in which each ends with `end`. Where `next`, which begins the record after it,
 * has to tell an end from what only looks like one, the text's last record is not counted.
 */
export function countEnds(text: Uint8Array, bytes: number, end: string, next = ''): number {
  const mark = Buffer.from(end + next);
  const searched = Buffer.from(text.buffer, text.byteOffset, Math.min(text.length, bytes + next.length));
  let count = 0;
  for (let at = searched.indexOf(mark); at >= 0; at = searched.indexOf(mark, at + end.length)) count++;
  return count;
}
