// Package wechaty is a client of Wechaty's puppet service: groups of personal WeChat accounts, through a client that
// Tencent does not allow.
//
// It is never on by itself: adding it takes a consent that names the risk. It sends little, stops at the first word of a
// restriction, and leaves to people what the app does not let a client do, such as muting.
//
// The service is gRPC (wechaty.Puppet). Its messages are written and read by hand, by their field numbers: only the few
// that are needed. What is told about a message is its id; the message itself is fetched.
package wechaty
