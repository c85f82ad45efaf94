// Package archtest keeps the plan of the house: which room may know which, and what no room may do. It holds tests only;
// the plan itself is in map_test.go and bans_test.go.
package archtest
