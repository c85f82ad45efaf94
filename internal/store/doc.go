// Package store keeps everything on disk: all SQL, the migrations and the transactions.
//
// One SQL text serves SQLite and PostgreSQL ($1 placeholders, ids made by us, times as UTC milliseconds in BIGINT);
// what truly differs lives in dialect.go. The event log and what is decided are in the main database; projections
// (search index, counters, stays, names) are in the schema "views", on SQLite a file of its own, and can be thrown
// away and rebuilt. One method is one transaction and carries a name from the trade.
package store
