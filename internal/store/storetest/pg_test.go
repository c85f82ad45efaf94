package storetest_test

import (
	"testing"

	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

func TestEveryDatabaseOpensMigratedAndAlone(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.Store) {
		a, b := open(t), open(t)
		if a == b {
			t.Fatal("two opens gave one store")
		}
		if a.Dialect() != b.Dialect() {
			t.Fatalf("dialects %s and %s", a.Dialect(), b.Dialect())
		}
	})
}
