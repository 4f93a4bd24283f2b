import { AwsV4Signer } from 'aws4fetch';
import { ADDRESS } from './address.js';

/** The headers with AWS's signature, version 4; `keys` as in amplify_outputs.json. */
export async function signed(keys, body, headers) {
  if (!window.isSecureContext) {
    throw new Error('Browsers sign on localhost and over https only: open the playground there.');
  }
  const { accessKeyId, secretAccessKey, sessionToken, region } = keys;
  const signer = new AwsV4Signer({
    url: ADDRESS,
    method: 'POST',
    service: 'appsync',
    accessKeyId,
    secretAccessKey,
    sessionToken,
    region,
    headers,
    body,
  });
  return (await signer.sign()).headers;
}
