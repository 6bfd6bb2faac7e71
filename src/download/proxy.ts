import { fail } from '../errors.js';
import { isLoopback, isWeb } from './url.js';

/**
 * The proxy that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY name for a URL; the packages for it are loaded only then. This
 * machine is never asked for by a proxy, which would take `localhost` for itself.
 *
 * @throws usage if the variable holds something else
 */
export async function proxyAgent(url: URL, env: NodeJS.ProcessEnv) {
  if (isLoopback(url) || !Object.keys(env).some((name) => /^(https?|all)_proxy$/i.test(name) && env[name])) return undefined;
  const { getProxyForUrl } = await import('proxy-from-env');
  const proxy = getProxyForUrl(url.href);
  if (proxy === '') return undefined;
  if (!URL.canParse(proxy) || !isWeb(new URL(proxy)))
    fail({
      code: 'usage',
      detail: `invalid proxy URL in the environment for ${url.protocol}//`,
      hint: 'set https_proxy as in http://HOST:PORT',
    });
  if (url.protocol === 'https:') return new (await import('https-proxy-agent')).HttpsProxyAgent(proxy);
  return new (await import('http-proxy-agent')).HttpProxyAgent(proxy);
}
