import { fileURLToPath, URL } from 'node:url'

import vue from '@vitejs/plugin-vue'
import Components from 'unplugin-vue-components/vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import { defineConfig } from 'vite'

import { phoneWorker } from './src/phone/plugin'

export default defineConfig({
  plugins: [
    vue(),
    // Only the components that a page uses are in its bundle.
    Components({ dts: false, dirs: [], resolvers: [ElementPlusResolver({ importStyle: 'css' })] }),
    phoneWorker(),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 1200, // MapLibre is one
    assetsInlineLimit: 0, // the content security policy takes files of this host
  },
})
