import type { ImagesDocument } from '../documents/index.js';
import { table } from './table.js';

/** Images in a table, and below it what became of them. */
export function renderImages(document: ImagesDocument): string {
  const { images } = document;
  const isRefresh = images.some(({ replaced }) => replaced);
  const rows = images.map(({ image, target, release, replaced, size, age }) => [
    image,
    target || '-',
    release || '-',
    ...(isRefresh ? [replaced?.release ?? '-'] : []),
    size,
    age,
  ]);
  const list = table(['IMAGE', 'TARGET', 'RELEASE', ...(isRefresh ? ['BEFORE'] : []), 'SIZE', 'AGE'], rows);
  const notes = notesOn(document);
  if (notes.length === 0) return list;
  return images.length === 0 ? notes.join('\n') : [list, '', ...notes].join('\n');
}

function notesOn({ images, kept, dryRun, bytes, file, registry }: ImagesDocument): string[] {
  const count = `${images.length} ${images.length === 1 ? 'image' : 'images'}`;
  const done = dryRun === undefined ? 'Rebuilt' : dryRun ? 'Would remove' : 'Removed';
  return [
    ...(bytes ? [`${done} ${count}, kept ${kept?.length ?? 0}: ${megabytes(bytes.before)} before, ${megabytes(bytes.after)} after`] : []),
    ...(file ? [`${count}, ${megabytes(file.bytes)} in ${file.path}`, `SHA-256 ${file.sha256}`] : []),
    ...(registry === undefined ? [] : [`${count} in ${registry}`]),
  ];
}

function megabytes(count: number): string {
  return `${(count / 1e6).toFixed(1)} MB`;
}
