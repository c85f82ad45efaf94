package cli

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
)

// pgDump writes a PostgreSQL database into a file with pg_dump, in its own format, as of the instant that snapshot names.
func pgDump(ctx context.Context, database, path, snapshot string) error {
	return pgTool(ctx, "pg_dump", database, "--snapshot="+snapshot, "--format=custom", "--no-owner", "--no-privileges", "--exclude-schema=views", "--file="+path)
}

// pgRestore reads such a file into an empty database: whole or not at all.
func pgRestore(ctx context.Context, database, path string) error {
	return pgTool(ctx, "pg_restore", database, "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", path)
}

// pgTool runs one of PostgreSQL's programs. The password goes through the environment, where other users cannot see it.
func pgTool(ctx context.Context, name, database string, args ...string) error {
	tool, err := exec.LookPath(name)
	if err != nil {
		return failed(err, "备份 PostgreSQL 需要 %s，请安装 postgresql-client（版本不低于服务器）",
			"PostgreSQL is backed up with %s: install postgresql-client, not older than the server", name)
	}
	u, err := url.Parse(database)
	if err != nil {
		return fmt.Errorf("database.url: %w", err)
	}
	env := os.Environ()
	if password, ok := u.User.Password(); ok {
		env = append(env, "PGPASSWORD="+password)
		u.User = url.User(u.User.Username())
	}
	cmd := exec.CommandContext(ctx, tool, append([]string{"--dbname=" + u.String()}, args...)...)
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	if err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		return failed(fmt.Errorf("%s: %w: %.2000s", name, err, out), "%[1]s 没有成功：%[2]s", "%[1]s: %[2]s", name, first)
	}
	return nil
}
