/** The part of an exporter that batches go through; the SDK's type, without the SDK. */
interface Exporting<Batch, Result> {
  export(batch: Batch, done: (result: Result) => void): void;
}

const underWay = new Set<Promise<void>>();

/** The exporter itself, whose exports {@link exportsEnded} waits for from now on. */
export function watched<Batch, Result, Exporter extends Exporting<Batch, Result>>(
  exporter: Exporter & Exporting<Batch, Result>,
): Exporter {
  const send = exporter.export.bind(exporter);
  exporter.export = (batch, done) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    underWay.add(promise);
    send(batch, (result) => {
      underWay.delete(promise);
      resolve();
      done(result);
    });
  };
  return exporter;
}

/** Resolves once no export is under way: a processor whose first batch fails does not wait for its others. */
export async function exportsEnded(): Promise<void> {
  while (underWay.size > 0) await Promise.all(underWay);
}
