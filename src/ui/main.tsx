import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import { startLive } from './live/live.js';
import { startTheme } from './state/theme.js';
import './styles/theme.css';
import './styles/base.css';
import './styles/frame.css';

startTheme();
startLive();
const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App />);
