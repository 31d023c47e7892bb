import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import type { IBufferCell, Terminal } from '@xterm/headless';

const FONT = 'DejaVu Sans Mono';
const FONT_SIZE = 16;
/** The font's own advance and line height, so that frames join. */
const CELL_WIDTH = FONT_SIZE * 0.602;
const CELL_HEIGHT = FONT_SIZE * 1.164;
const BASELINE = FONT_SIZE * 0.928;
const MARGIN = 12;

/** The colours that a terminal has of its own. */
export interface TerminalColours {
  readonly background: string;
  readonly foreground: string;
}

/** A light text on a dark ground, as most terminals have it. */
const DARK: TerminalColours = { background: '#1c1c1c', foreground: '#e4e4e4' };

/** What a terminal shows, as a PNG. */
export function pictureOf(terminal: Terminal, colours: TerminalColours = DARK): Buffer {
  const fonts = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  const resvg = new Resvg(svgOf(terminal, colours), {
    font: {
      loadSystemFonts: false,
      fontFiles: ['DejaVuSansMono.ttf', 'DejaVuSansMono-Bold.ttf', 'DejaVuSans.ttf'].map((name) => join(fonts, name)),
      defaultFontFamily: FONT,
    },
  });
  return resvg.render().asPng();
}

/** What a terminal shows, as an SVG. */
function svgOf(terminal: Terminal, colours: TerminalColours): string {
  const { cols, rows } = terminal;
  const width = cols * CELL_WIDTH + 2 * MARGIN;
  const height = rows * CELL_HEIGHT + 2 * MARGIN;
  const parts: string[] = [];
  for (let row = 0; row < rows; row++) parts.push(...rowParts(terminal, row, colours));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${FONT}" font-size="${FONT_SIZE}">`,
    `<rect width="100%" height="100%" fill="${colours.background}"/>`,
    ...parts,
    '</svg>',
  ].join('\n');
}

/** A piece of a row whose cells look the same. */
interface Piece {
  readonly look: Look;
  readonly key: string;
  readonly from: number;
  text: string;
  xs: number[];
  cells: number;
}

interface Look {
  readonly color: string;
  readonly background: string;
  readonly bold: boolean;
  readonly underline: boolean;
}

function rowParts(terminal: Terminal, row: number, colours: TerminalColours): string[] {
  const line = terminal.buffer.active.getLine(terminal.buffer.active.viewportY + row);
  const pieces: Piece[] = [];
  for (let column = 0; column < terminal.cols; column++) {
    const cell = line?.getCell(column);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const look = lookOf(cell, colours);
    const key = JSON.stringify(look);
    let piece = pieces.at(-1);
    if (piece === undefined || piece.key !== key) {
      piece = { look, key: key, from: column, text: '', xs: [], cells: 0 };
      pieces.push(piece);
    }
    const chars = cell.getChars() || ' ';
    piece.text += chars;
    for (const _ of chars) piece.xs.push(round(MARGIN + column * CELL_WIDTH));
    piece.cells += cell.getWidth();
  }
  const y = MARGIN + row * CELL_HEIGHT;
  return pieces.flatMap((piece) => drawn(piece, y, colours));
}

function drawn({ look, from, text, xs, cells }: Piece, y: number, colours: TerminalColours): string[] {
  const x = round(MARGIN + from * CELL_WIDTH);
  const width = round(cells * CELL_WIDTH);
  const parts: string[] = [];
  if (look.background !== colours.background) {
    parts.push(
      `<rect x="${x}" y="${round(y)}" width="${width}" height="${round(CELL_HEIGHT)}" fill="${look.background}"/>`,
    );
  }
  if (text.trim() !== '') {
    const weight = look.bold ? ' font-weight="bold"' : '';
    parts.push(
      `<text xml:space="preserve" x="${xs.join(' ')}" y="${round(y + BASELINE)}" fill="${look.color}"${weight}>${escaped(text)}</text>`,
    );
  }
  if (look.underline) {
    const under = round(y + BASELINE + 2);
    parts.push(`<rect x="${x}" y="${under}" width="${width}" height="1" fill="${look.color}"/>`);
  }
  return parts;
}

function lookOf(cell: IBufferCell, { background, foreground }: TerminalColours): Look {
  const fg = cell.isFgDefault() ? foreground : colourOf(cell.isFgRGB(), cell.getFgColor());
  const bg = cell.isBgDefault() ? background : colourOf(cell.isBgRGB(), cell.getBgColor());
  const inverse = cell.isInverse() !== 0;
  const [front, back] = inverse ? [bg, fg] : [fg, bg];
  return {
    color: cell.isDim() ? mixed(front, back) : front,
    background: back,
    bold: cell.isBold() !== 0,
    underline: cell.isUnderline() !== 0,
  };
}

const BASE = ['#000000', '#cd3131', '#0dbc79', '#e5e510', '#2472c8', '#bc3fbc', '#11a8cd', '#e5e5e5'];
const BRIGHT = ['#666666', '#f14c4c', '#23d18b', '#f5f543', '#3b8eea', '#d670d6', '#29b8db', '#ffffff'];

function colourOf(isRgb: boolean, value: number): string {
  if (isRgb) return `#${value.toString(16).padStart(6, '0')}`;
  if (value < 8) return BASE[value] ?? '#000000';
  if (value < 16) return BRIGHT[value - 8] ?? '#ffffff';
  if (value >= 232) return hex([0, 0, 0].map(() => 8 + (value - 232) * 10));
  const at = value - 16;
  return hex([Math.floor(at / 36), Math.floor(at / 6) % 6, at % 6].map((step) => (step === 0 ? 0 : 55 + step * 40)));
}

function mixed(front: string, back: string): string {
  const parts = (colour: string) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  const behind = parts(back);
  return hex(parts(front).map((part, at) => Math.round(part * 0.6 + (behind[at] ?? 0) * 0.4)));
}

function hex(parts: readonly number[]): string {
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
