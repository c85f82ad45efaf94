// Package replay lets a rulebook judge a group's past.
//
// [AsDecided] folds the log as it was lived, with the book in force at each moment, and proves that the stored decisions
// are what it comes to, to the byte. [WhatIf] asks what one book would have done, imports included; [Diff] shows only
// where two books differ. The last two judge recorded behaviour: people might have behaved otherwise under other rules.
//
// Events are streamed; memory is bounded by the group's state and the number of examples kept. One call is one group:
// groups are independent, so callers may run several at a time.
package replay
