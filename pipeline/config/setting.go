package config

import (
	"strconv"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// form is the YAML type in which a setting is written.
type form int

const (
	formText form = iota
	formBool
	formInteger
	formTextOrInteger
	formFloat // no setting is written so
)

// hint says how to write a value of the form.
func (f form) hint() string {
	switch f {
	case formBool:
		return "write true or false, without quotes"
	case formInteger:
		return "write a whole number, without quotes"
	case formTextOrInteger:
		return "write a share such as 1%, or a whole number without quotes"
	}
	return "write one text here"
}

// setting is a single value of the configuration under one key.
type setting struct {
	key  string // with dots between levels
	form form
	set  func(c *Config, text string) error
	show func(c *Config) string
}

// value ties a parser to the field that it fills.
func value[T any](key string, f form, parse func(string) (T, error), field func(*Config) *T, show func(T) string) setting {
	return setting{key: key, form: f,
		set: func(c *Config, text string) error {
			v, err := parse(text)
			if err == nil {
				*field(c) = v
			}
			return err
		},
		show: func(c *Config) string { return show(*field(c)) },
	}
}

func boolean(key string, field func(*Config) *bool) setting {
	return value(key, formBool, parseBool, field, strconv.FormatBool)
}

func span(key string, field func(*Config) *pipeline.Span) setting {
	return value(key, formText, parseSpan, field, func(s pipeline.Span) string {
		if s == (pipeline.Span{}) {
			return ""
		}
		return s.String()
	})
}

func text(key string, parse func(string) (string, error), field func(*Config) *string) setting {
	return value(key, formText, parse, field, func(s string) string { return s })
}

// settings are all single values, in the order of the documentation.
func settings() []setting {
	return []setting{
		boolean("include.forks", func(c *Config) *bool { return &c.Include.Forks }),
		boolean("include.archived", func(c *Config) *bool { return &c.Include.Archived }),
		boolean("include.templates", func(c *Config) *bool { return &c.Include.Templates }),
		boolean("include.private", func(c *Config) *bool { return &c.Include.Private }),
		span("tiers.fresh", func(c *Config) *pipeline.Span { return &c.Tiers.Fresh }),
		span("tiers.active", func(c *Config) *pipeline.Span { return &c.Tiers.Active }),
		span("tiers.aging", func(c *Config) *pipeline.Span { return &c.Tiers.Aging }),
		span("tiers.stale", func(c *Config) *pipeline.Span { return &c.Tiers.Stale }),
		span("longest-exemption", func(c *Config) *pipeline.Span { return &c.LongestExemption }),
		boolean("ownership.codeowners", func(c *Config) *bool { return &c.Ownership.Codeowners }),
		value("allow-unread", formTextOrInteger, parseAllowance,
			func(c *Config) *pipeline.Allowance { return &c.AllowUnread }, showAllowance),
		text("site.title", parseText, func(c *Config) *string { return &c.Site.Title }),
		text("site.url", parseSiteURL, func(c *Config) *string { return &c.Site.URL }),
		text("site.notes", parseNotes, func(c *Config) *string { return &c.Site.Notes }),
		value("deadline", formText, parseDeadline, func(c *Config) *time.Duration { return &c.Deadline }, showDuration),
		value("concurrency", formInteger, parseConcurrency, func(c *Config) *int { return &c.Concurrency }, strconv.Itoa),
	}
}

func showAllowance(a pipeline.Allowance) string {
	if a.Percent != 0 {
		return strconv.FormatFloat(a.Percent, 'f', -1, 64) + "%"
	}
	return strconv.Itoa(a.Count)
}

func showDuration(d time.Duration) string {
	if d == 0 {
		return ""
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-len("0s")]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-len("0m")]
	}
	return s
}
