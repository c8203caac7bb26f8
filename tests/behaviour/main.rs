//! What a user can see: one file a behaviour. Every test states the whole stdout, stderr and status.

mod captures;
mod cases;
mod causes;
mod clients;
mod demo;
mod environment;
mod explain;
mod faces;
mod hostile;
mod install;
mod logs;
mod machines;
mod messages;
mod pass_through;
mod properties;
mod record;
mod remedies;
mod report;
mod resolve;
mod run;
mod setup;
mod signals;
mod surprising;
mod systems;
mod terminal;
mod world;
