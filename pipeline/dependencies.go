package pipeline

import "time"

// Dependencies are what a repository's project files say it is built on.
type Dependencies struct {
	// OID is the commit whose files were read, ReadAt the asOf of the run that
	// read them, Revision by which rules.
	OID      string    `json:"oid"`
	ReadAt   time.Time `json:"readAt"`
	Revision string    `json:"revision"`

	References []Reference   `json:"references,omitempty"` // by package, file and version
	Frameworks []Framework   `json:"frameworks,omitempty"` // by file and name
	Problems   []FileProblem `json:"problems,omitempty"`   // files that could not be read, by name
}

// Reference is a package that a project refers to.
type Reference struct {
	Package string `json:"package"` // as written
	// Version is as written, with the variables replaced whose values the files
	// tell: a version, a range, "1.*", "$(Unknown)"; empty for none.
	Version string `json:"version,omitempty"`
	// Locked is the version that a lock file names; empty for none.
	Locked string `json:"locked,omitempty"`
	// File says the version, or refers to the package when none is said.
	File string `json:"file"`
}

// Framework is a platform that a project is built for.
type Framework struct {
	Name string `json:"name"` // such as "net8.0-windows", in lower case
	File string `json:"file"`
	// Title is its name for people; empty when it is not known.
	Title string `json:"title,omitempty"`
	// EndOfSupport is the last day, UTC, on which it is supported; nil for one
	// without an end, and for one that is not known.
	EndOfSupport *time.Time `json:"endOfSupport,omitempty"`
}

// FileProblem is a file that could not be read, and why.
type FileProblem struct {
	File    string `json:"file"`
	Problem string `json:"problem"`
}
