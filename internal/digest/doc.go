// Package digest (群精华) makes of a stretch of one group's talk what is worth reading again: what was talked about more than usual,
// good answers, questions that nobody answered, decisions, links, thanks. No language model takes part, nothing is made up: every
// line of a digest names the messages that it rests on.
//
// Topics are phrases that more of the stretch's messages hold than the group's usual talk would let one expect
// (log-likelihood ratio: Dunning, Accurate methods for the statistics of surprise and coincidence, 1993), joined where they
// stand in the same messages. A topic rests on at least [LeastMessages] messages of at least [LeastSpeakers] people.
//
// Everything is a function of its arguments: the same talk gives the same digest. Times are UTC milliseconds.
package digest
