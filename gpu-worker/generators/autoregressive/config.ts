// The options are part of the contract with the gateway, which checks them before a run is accepted.
export { AutoregressiveConfig } from '../../../schema/messages/generator-options.js';
