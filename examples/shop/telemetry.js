import { startTelemetry } from 'telltale/node';

startTelemetry({ serviceName: 'shop' });
