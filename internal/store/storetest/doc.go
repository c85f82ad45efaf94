// Package storetest is the examination of the store: what it must do on every database, and the databases to do it on.
package storetest
