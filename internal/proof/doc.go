// Package proof decides whether somebody is who they say: codes of one time and of the last resort, how fresh a proof must be, and
// what a browser is called in words.
package proof
