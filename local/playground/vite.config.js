import { defineConfig } from 'vite';

export default defineConfig({
  build: {
    // Monaco is one big chunk by nature; over loopback that costs nothing worth a warning.
    chunkSizeWarningLimit: 5000,
    // Measuring gzip sizes would take longer than bundling.
    reportCompressedSize: false,
  },
  // Monaco starts its workers as modules, so they may share the format of the page itself.
  worker: { format: 'es' },
});
