import { createRoot } from 'react-dom/client';
import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './style.css';
import { readOutputs } from './outputs.js';
import { Playground } from './Playground.jsx';

const root = createRoot(document.getElementById('root'));

readOutputs().then(
  (outputs) => root.render(<Playground outputs={outputs} />),
  (error) => root.render(<Failure reason={error.message} />),
);

function Failure({ reason }) {
  return (
    <main className="notice" role="alert">
      <h1>The playground could not start</h1>
      <p>{reason}</p>
      <p>Is the local server still running? Start it again, then reload this page.</p>
    </main>
  );
}
