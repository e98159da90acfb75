/** Text in a chart's tooltip, which is HTML: names and units are a device's to say, and must not become markup. */
export const plain = (text: string): string => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)
