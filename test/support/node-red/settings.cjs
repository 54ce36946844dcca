/** Settings of the Node-RED that tests deliver to: no editor, nothing written, nothing reported home. */
module.exports = {
  uiHost: '127.0.0.1',
  uiPort: 0,
  httpAdminRoot: false,
  readOnly: true,
  credentialSecret: false,
  flowFile: 'flows.json',
  telemetry: { enabled: false, updateNotification: false },
  // What the function node may use beyond JavaScript itself.
  functionGlobalContext: { crypto: require('node:crypto') },
  logging: { console: { level: 'info', metrics: false, audit: false } },
};

// It ends with the test that started it, however that one ends.
process.stdin.resume().on('end', () => process.exit(0));
