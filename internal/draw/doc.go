// Package draw keeps how prizes are drawn by lot in a group (抽奖) so that whoever takes part can check it.
//
// Before anybody enters, the terms and a seed of 32 random bytes are bound by a commitment, which is told to the group: nothing of both can
// be changed afterwards. When entries close, the list of entry codes is frozen and its hash is told. The draw orders the codes by
// HMAC-SHA-256 under the seed over commitment, list and, where the terms name one, a public number that nobody could know when the list
// was frozen. Then the seed is shown. docs/draw.md writes the formula down; its script shares no code with this package.
//
// What is left to whoever runs the server: who reads the sealed seed out of memory before the list is frozen could try which invented
// entrant would win. A public number in the terms closes this, for it comes after list and commitment. A draw cannot be called off once
// its list is frozen, so that nobody calls off what they do not like.
package draw
