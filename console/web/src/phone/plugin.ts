/** A Vite plugin: the phone's service worker, with the names of all files that the phone's page needs at once. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath, URL } from 'node:url'

import type { Plugin } from 'vite'

const SOURCE = fileURLToPath(new URL('./worker.js', import.meta.url))
const OURS = ['/src/views/mobile/', '/src/phone/']
const PUBLIC = ['/icon.svg', '/phone.webmanifest', '/phone-192.png']
const read = (name: string): Buffer => readFileSync(fileURLToPath(new URL(`../../public${name}`, import.meta.url)))

export function phoneWorker(): Plugin {
  return {
    name: 'gridwatch-phone-worker',
    apply: 'build',
    generateBundle(_, bundle) {
      const files = new Set(['/index.html', ...PUBLIC])
      const add = (name: string): void => {
        const chunk = bundle[name]
        if (chunk?.type !== 'chunk' || files.has(`/${name}`)) return
        files.add(`/${name}`)
        for (const css of chunk.viteMetadata?.importedCss ?? []) files.add(`/${css}`)
        for (const each of chunk.imports) add(each)
      }
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue
        const ours = chunk.moduleIds.some((id) => OURS.some((part) => id.includes(part)))
        if (chunk.isEntry || ours) add(chunk.fileName)
      }
      const names = [...files].sort()
      const content = createHash('sha256').update(JSON.stringify(names))
      for (const name of PUBLIC) content.update(read(name)) // their names have no digest
      const version = content.digest('hex').slice(0, 12)
      const source = readFileSync(SOURCE, 'utf-8')
        .replace("'__VERSION__'", JSON.stringify(version))
        .replace("['__FILES__']", JSON.stringify(names))
      this.emitFile({ type: 'asset', fileName: 'phone-worker.js', source })
    },
  }
}
