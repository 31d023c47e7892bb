// npm run build
import { buildBundle } from './bundle.ts';

try {
  await buildBundle();
} catch {
  // esbuild has said on stderr what does not build, file and line.
  process.exitCode = 1;
}
