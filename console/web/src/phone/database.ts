/** What the phone keeps while there is no network: things to send, photos, positions, and what was read last. */

const NAME = 'gridwatch-phone'
const VERSION = 1
const STORES = { queue: 'id', photos: 'id', places: 'number', kept: 'key' } as const
export type Store = keyof typeof STORES

let opened: Promise<IDBDatabase> | null = null

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, VERSION)
    asked.onupgradeneeded = () => {
      for (const [store, key] of Object.entries(STORES)) asked.result.createObjectStore(store, { keyPath: key })
    }
    asked.onsuccess = () => {
      // Another tab has a newer page: it waits for this one to let go.
      asked.result.onversionchange = () => { asked.result.close(); opened = null }
      resolve(asked.result)
    }
    asked.onerror = () => { opened = null; reject(asked.error ?? new Error('no database')) }
  })
  return opened
}

async function run<T>(store: Store, mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const transaction = (await database()).transaction(store, mode)
  const request = work(transaction.objectStore(store))
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result)
    transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error('not kept'))
  })
}

export const all = <T>(store: Store): Promise<T[]> => run(store, 'readonly', (s) => s.getAll() as IDBRequest<T[]>)
export const find = <T>(store: Store, key: IDBValidKey): Promise<T | undefined> =>
  run(store, 'readonly', (s) => s.get(key) as IDBRequest<T | undefined>)
export const drop = (store: Store, key: IDBValidKey): Promise<undefined> => run(store, 'readwrite', (s) => s.delete(key))
export const empty = (store: Store): Promise<undefined> => run(store, 'readwrite', (s) => s.clear())

/** What is put in is what can be kept: a reactive object's plain content; blobs as they are. */
export const put = <T extends object>(store: Store, value: T): Promise<IDBValidKey> =>
  run(store, 'readwrite', (s) => s.put({ ...value }))

/** Something read from the server, under a name. */
export async function keep<T>(key: string, value: T): Promise<void> {
  await put('kept', { key, value: JSON.parse(JSON.stringify(value)) as T })
}

export async function kept<T>(key: string): Promise<T | undefined> {
  return (await find<{ value: T }>('kept', key))?.value
}
