import { countDrop } from '../core/drops.js';

/** What an exporter of OpenTelemetry's answers with; the SDK's type, without the SDK. */
interface ExportResult {
  /** 0 where it was delivered. */
  code: number;
  error?: Error;
}

/** The part of an exporter that batches go through. */
export interface Exporting<Batch> {
  export(batch: Batch, done: (result: ExportResult) => void): void;
  shutdown(): Promise<void>;
}

/** How batches of one signal are measured and cut. */
export interface Measure<Batch> {
  /** Bytes of the request that a batch becomes, before compression. */
  bytes(batch: Batch): number;
  /** At most so many pieces, in order; the batch alone where there is nothing to cut. */
  cut(batch: Batch, pieces: number): Batch[];
}

const SUCCESS = 0;
const FAILED = 1;

/** Requests of one batch that are under way together; the exporter itself takes 30. */
const PARALLEL = 16;

/**
 * Makes an exporter send batches in requests of at most `maxBytes`. What is larger by itself would be refused: it is
 * left out and counted as `export_size`. The exporter's own methods are replaced, as whatever else the SDK asks of an
 * exporter stays as it is.
 *
 * @param what What batches are made of, for the warning: `span`.
 */
export function keepWithin<Batch>(
  exporter: Exporting<Batch>,
  { maxBytes, what, measure }: { maxBytes: number; what: string; measure: Measure<Batch> },
): void {
  const send = exporter.export.bind(exporter);
  function fitting(batch: Batch): Batch[] {
    const bytes = measure.bytes(batch);
    if (bytes <= maxBytes) return [batch];
    // Pieces of one count differ in size: a few more, so that most of them fit.
    const pieces = measure.cut(batch, Math.ceil((bytes / maxBytes) * 1.1) + 1);
    if (pieces.length > 1) return pieces.flatMap(fitting);
    countDrop(
      'export_size',
      () => `a ${what} takes ${bytes} bytes, more than the ${maxBytes} of a request, and was not exported.`,
    );
    return [];
  }
  async function sendFitting(batch: Batch): Promise<ExportResult> {
    const parts = fitting(batch);
    let failed: ExportResult | undefined;
    for (let from = 0; from < parts.length; from += PARALLEL) {
      const sent = parts
        .slice(from, from + PARALLEL)
        .map((part) => new Promise<ExportResult>((resolve) => send(part, resolve)));
      failed ??= (await Promise.all(sent)).find(({ code }) => code !== SUCCESS);
    }
    return failed ?? { code: SUCCESS };
  }
  const underWay = new Set<Promise<ExportResult>>();
  exporter.export = (batch, done) => {
    const sending = sendFitting(batch).catch((error: unknown) => ({ code: FAILED, error: error as Error }));
    underWay.add(sending);
    sending.then((result) => {
      underWay.delete(sending);
      done(result);
    });
  };
  const shutDown = exporter.shutdown.bind(exporter);
  // The exporter waits for the requests it knows of, and those of a large batch come one after another.
  exporter.shutdown = async () => {
    await Promise.all(underWay);
    await shutDown();
  };
}
