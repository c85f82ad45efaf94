// Package satori is a client of Satori v1: one gateway, such as Koishi, brings groups of many platforms.
//
// A connection follows one login of the gateway, which the settings name by platform and account. Events come over a
// WebSocket (/v1/events), actions go by POST /v1/<method>. What the login's features list is what it can do.
//
// A group is a guild; where a channel stands in none, the channel. Messages of a channel that is not called as its guild
// are named "@<channel>/<message>", so that an answer or a recall finds the channel again. sn, the number of an event, is
// kept over restarts and offered when identifying; a gateway that starts over or forgot begins a new epoch, which stands
// in the keys of all events but messages.
package satori
