// Package wxcrypt is the cryptography of Tencent's callbacks (WXBizMsgCrypt), the same for 企业微信 and 公众号: signing,
// sealing and opening messages, the XML envelope around them, and the memory that refuses what comes a second time.
//
// It is pure: random bytes and times come in as values. Everything that a callback carries comes from the internet:
// whatever is wrong with it gives community.CodeForbidden (somebody else made it), CodeBadInput (it cannot be read),
// CodeTooLarge, or CodeClock, never a panic.
//
// Source: 企业微信 developer document 90968 (回调和回复的加解密方案) and its published samples.
package wxcrypt
