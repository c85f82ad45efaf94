package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"qunluo/internal/importer"
)

// Programs on the same machine offer histories over HTTP (chatlog: formats.md §8). An address is read like a file; only
// this machine is asked, whatever the address, a name or a redirect says.

// isAddress reports whether what an operator named is an address, not a path.
func isAddress(path string) bool {
	return strings.HasPrefix(path, "http://") || strings.HasPrefix(path, "https://")
}

const (
	fetchTime = 10 * time.Minute
	fetchSize = 4 << 30 // bytes
)

// fetched brings the addresses among paths into files of a folder that drop removes.
func fetched(ctx context.Context, paths []string) (files []string, drop func() error, err error) {
	dir := ""
	drop = func() error {
		if dir == "" {
			return nil
		}
		return os.RemoveAll(dir)
	}
	for i, p := range paths {
		if !isAddress(p) {
			files = append(files, p)
			continue
		}
		if dir == "" {
			if dir, err = os.MkdirTemp("", "qunluo-fetch-"); err != nil {
				return nil, drop, err
			}
		}
		file, err := fetch(ctx, p, filepath.Join(dir, fmt.Sprint(i)))
		if err != nil {
			return nil, drop, errors.Join(err, drop())
		}
		files = append(files, file)
	}
	return files, drop, nil
}

// fetch reads one address into a file in dir, named after the last part of its path.
func fetch(ctx context.Context, address, dir string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Hostname() == "" {
		return "", &importer.Fault{Code: importer.FaultAddress, What: address, Err: err}
	}
	ctx, stop := context.WithTimeout(ctx, fetchTime)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return "", &importer.Fault{Code: importer.FaultAddress, What: address, Err: err}
	}
	res, err := localClient().Do(req)
	if err != nil {
		code := importer.FaultNoAnswer
		if errors.Is(err, errElsewhere) {
			code = importer.FaultAddress
		}
		return "", &importer.Fault{Code: code, What: address, Err: err}
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return "", &importer.Fault{Code: importer.FaultNoAnswer, What: address + " " + res.Status}
	}
	name := filepath.Base(filepath.FromSlash(u.Path))
	if name == "." || name == string(filepath.Separator) || name == "" {
		name = "answer"
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return keep(filepath.Join(dir, name), res.Body, address)
}

func keep(path string, body io.Reader, address string) (string, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	n, err := io.Copy(f, io.LimitReader(body, fetchSize+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return "", &importer.Fault{Code: importer.FaultNoAnswer, What: address, Err: err}
	}
	if n > fetchSize {
		return "", &importer.Fault{Code: importer.FaultTooMuch, What: address}
	}
	return path, nil
}

// errElsewhere refuses an address that is not of this machine.
var errElsewhere = errors.New("not an address of this machine")

// localClient connects to this machine and nowhere else: what counts is where a connection goes, not what a name says.
func localClient() *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		ips, err := net.DefaultResolver.LookupIPAddr(ctx, host)
		if err != nil {
			return nil, err
		}
		for _, ip := range ips {
			if ip.IP.IsLoopback() {
				return dialer.DialContext(ctx, network, net.JoinHostPort(ip.String(), port))
			}
		}
		return nil, errElsewhere
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial, Proxy: nil, DisableKeepAlives: true}}
}
