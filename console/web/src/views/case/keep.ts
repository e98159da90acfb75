/** An answer of the API as a file on the disk, by the name that the server gives it. */
export async function keep(answer: Response): Promise<void> {
  const [, name = 'gridwatch'] = /filename="([^"]+)"/.exec(answer.headers.get('Content-Disposition') ?? '') ?? []
  const url = URL.createObjectURL(await answer.blob())
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
