package config

import (
	"log/slog"
	"net/netip"
)

// Config is the process settings as plain values, already checked.
type Config struct {
	DataDir  string
	Database Database
	Server   Server
	Log      Log
	Intake   Intake
	Mail     Mail
	Notify   Notify

	Jurisdiction string // where the data lies, ISO 3166-1: "CN"
}

// Mail says which server takes our mails.
type Mail struct {
	Host     string // HOST:PORT; "" = no mail
	From     string
	User     string
	Password string
	TLS      string // starttls, tls, none
}

// Notify says where webhooks may go.
type Notify struct {
	Allow []netip.Prefix // ranges inside a network that are called all the same
}

// Database says where the truth is kept.
type Database struct {
	URL string // "" = SQLite in DataDir; sqlite:PATH or postgres://…; may hold a password
}

// Server says how people reach the doors.
type Server struct {
	Listen         string // HOST:PORT of the console
	LocalListen    string // HOST:PORT of health and metrics; "" = off
	PublicURL      string // without a trailing slash; "" = as the request says
	Insecure       bool   // sign-in without TLS beyond loopback
	TrustedProxies []netip.Prefix
}

// Log says what is logged to stderr and how.
type Log struct {
	Level slog.Level
	JSON  bool
}

// Intake says what the belt takes in.
type Intake struct {
	PrivateChats bool
}

// Value is a setting as it may be shown: secrets read "***".
type Value struct {
	Key    string    `json:"key"`
	Value  string    `json:"value"`
	Source string    `json:"source"` // "default", a file's name, "environment QL_…", "--flag"
	Help   [2]string `json:"-"`
}

// Masked stands for a secret that is set.
const Masked = "***"
