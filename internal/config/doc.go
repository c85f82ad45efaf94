// Package config reads the process settings: from files, environment and flags, checked as a whole, handed out as plain
// values together with where each came from.
//
// Order, later wins: defaults, /etc/qunluo/qunluo.toml, ./qunluo.toml, every --config in turn, the environment
// (QL_SERVER__LISTEN is server.listen), flags. Settings of the community (rules, texts, words) are not here: they live
// in the database, with versions.
package config
