import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  // Grafana's components are one large bundle that only this machine loads.
  build: { chunkSizeWarningLimit: 20000, reportCompressedSize: false },
  define: { 'process.env.NODE_ENV': JSON.stringify('production'), 'process.env': '{}' },
});
