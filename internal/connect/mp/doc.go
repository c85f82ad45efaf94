// Package mp connects a WeChat Official Account (公众号): the funnel, no group. Who follows, scans, opens the menu or writes
// comes in on the account's desk; answers go out as the passive reply of the same call (free, within 5 s) or as a
// customer-service message; scene codes carry our mark.
//
// Callbacks are XML in plain or safe mode (connect/wxcrypt). What differs between 订阅号 and 服务号, certified or not, is
// stated per ability. Facts that no counterpart confirmed are marked unverified.
package mp
