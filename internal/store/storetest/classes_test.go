package storetest

import (
	"database/sql"
	"path/filepath"
	"testing"
)

func TestAForeignClassIsFound(t *testing.T) {
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, c := range []struct {
		insert string
		found  bool
	}{{`INSERT INTO x VALUES (1, 'a', X'00', 1)`, false}, {`INSERT INTO x VALUES ('many', 'a', X'00', 1)`, true}, {`INSERT INTO x VALUES (1, 'a', 'b', 1)`, true}} {
		if _, err := db.Exec(`DROP TABLE IF EXISTS x; CREATE TABLE x (n BIGINT, s TEXT, b BYTEA, o BOOLEAN); ` + c.insert); err != nil {
			t.Fatal(err)
		}
		if err := foreignClasses(db); (err != nil) != c.found {
			t.Errorf("%s: %v", c.insert, err)
		}
	}
}
