// Package site turns a survey's snapshot into the static site that people
// read: HTML pages, the data files under data/v1, a feed and badges.
//
// [Render] is pure. It reads no clock, iterates no map in map order and does
// no I/O but through the [Sink] it is given, so the same snapshot and options
// give the same bytes. Pages are rendered in parallel and streamed: memory
// grows with the snapshot, not with the site.
//
// [Publish] puts a rendered site in the place of an old one in a single step,
// so that neither a reader nor a crash sees half of each.
//
// Everything that comes from GitHub is text written by strangers. It reaches a
// page only through html/template's escaping, after [clean] has taken out what
// could reorder or hide the text around it; it is never Markdown and never
// HTML. Markdown is for what the maintainers of the report write themselves.
package site
