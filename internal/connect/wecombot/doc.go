// Package wecombot is the leaf for the 智能机器人 of 企业微信 over its long connection: no public address, no cryptography, one
// holder at a time. It hears what is said to it (with an @), and speaks.
//
// A new connection displaces the old one. When that happens to us we do not fight for the place: the session stops
// connecting, says so, and waits until a person switches it on again.
//
// Source: developer.work.weixin.qq.com, 智能机器人长连接; the frames of the vendor's own client, which examines our stand-in of
// the platform in the tests. Whether the bot may sit in customer groups is not known.
package wecombot
