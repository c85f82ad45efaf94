package storetest_test

import (
	"testing"

	"qunluo/internal/store/storetest"
)

func TestSQLite(t *testing.T) { storetest.Exercise(t, storetest.SQLite) }

func TestPostgres(t *testing.T) { storetest.Exercise(t, storetest.Postgres) }
