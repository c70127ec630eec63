// Whether Datadog takes DD_API_KEY, as an exit code: docker-compose.yml asks before it sends anything there.

const key = process.env.DD_API_KEY;
const site = process.env.DD_SITE || 'datadoghq.com';

/** Why not, or nothing. */
async function refusal() {
  if (!key) return 'Expected an API key of Datadog in DD_API_KEY, found none.';
  const url = `https://api.${site}/api/v1/validate`;
  try {
    const { ok, status } = await fetch(url, { headers: { 'DD-API-KEY': key } });
    if (ok) return;
    return `Datadog (${site}) answers ${status} to the key in DD_API_KEY. Check it, and DD_SITE: each site has keys of its own.`;
  } catch (error) {
    return `Expected an answer from ${url}, got none: ${error.cause?.message ?? error.message}. Check DD_SITE.`;
  }
}

const why = await refusal();
if (why) console.error(why);
else console.log(`Datadog (${site}) takes the key.`);
process.exitCode = why ? 1 : 0;
