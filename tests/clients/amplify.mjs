// AWS Amplify, configured as the README says.
import { Amplify } from 'aws-amplify';
import { generateClient } from 'aws-amplify/api';
import { getCurrentUser, signIn, signOut } from 'aws-amplify/auth';
import { cognitoUserPoolsTokenProvider as tokenProvider } from 'aws-amplify/auth/cognito';
import { parseAmplifyConfig } from 'aws-amplify/utils';
import { ENDPOINT, obey, observed, observer } from './lines.mjs';

globalThis.WebSocket = observed(WebSocket);

const answer = await fetch(new URL('/amplify_outputs.json', ENDPOINT));
const outputs = await answer.json();
const config = parseAmplifyConfig(outputs);
config.API.GraphQL.endpoint = ENDPOINT; // the way there may lead through a test's relay
config.Auth.Cognito.userPoolEndpoint = outputs.custom.aws_endpoint;
const { accessKeyId, secretAccessKey, sessionToken } = outputs.custom.publisher;
const credentials = { accessKeyId, secretAccessKey, sessionToken };
const credentialsProvider = {
  getCredentialsAndIdentityId: async () => ({ credentials }),
  clearCredentialsAndIdentityId: () => {},
};
tokenProvider.setAuthConfig(config.Auth);
Amplify.configure(config, { Auth: { tokenProvider, credentialsProvider } });

async function options({ mode, apiKey, token, username, password }) {
  if (mode === 'userPool') {
    const current = await getCurrentUser().catch(() => undefined);
    if (current && current.username !== username) await signOut();
    if (current?.username !== username) {
      await signIn({ username, password, options: { authFlowType: 'USER_PASSWORD_AUTH' } });
    }
  }
  return { authMode: mode, apiKey, authToken: token };
}

async function subscribe({ name, query, variables, caller }) {
  const chosen = await options(caller);
  const events = generateClient().graphql({ query, variables, ...chosen });
  const subscription = events.subscribe(observer(name));
  return () => subscription.unsubscribe();
}

async function ask({ query, variables, caller }) {
  const chosen = await options(caller);
  const { data } = await generateClient().graphql({ query, variables, ...chosen });
  return data;
}

obey({ subscribe, ask });
