package config

import (
	"encoding/json"

	"github.com/invopop/jsonschema"
)

// SchemaID is the address that the schema names itself by.
const SchemaID = "https://github.com/stalewatch/stalewatch/stalewatch.schema.json"

// The types below are the file as an editor sees it: forms, bounds and
// descriptions. A test holds their keys to those that the decoder reads.

type fileSchema struct {
	Owners           []loginSchema     `json:"owners,omitempty" jsonschema:"uniqueItems=true" jsonschema_description:"The users and organizations to survey. The command line wins over it."`
	Include          *includeSchema    `json:"include,omitempty" jsonschema_description:"Which kinds of repositories the survey covers."`
	Tiers            *tiersSchema      `json:"tiers,omitempty" jsonschema_description:"Where each status by age ends; dormant is what lies beyond stale. They must ascend."`
	Bots             []globSchema      `json:"bots,omitempty" jsonschema:"uniqueItems=true" jsonschema_description:"Patterns over author name and login of further bots, besides the built-in ones."`
	Exempt           []exemptSchema    `json:"exempt,omitempty" jsonschema_description:"Repositories that are set apart with a reason. They keep their status and are counted apart."`
	LongestExemption spanSchema        `json:"longest-exemption,omitempty" jsonschema_description:"How far ahead an exemption that is set inside a repository may end. Without it there is no limit; with it each needs an end."`
	Ownership        *ownershipSchema  `json:"ownership,omitempty" jsonschema_description:"Who answers for a repository."`
	AllowUnread      *allowUnreadField `json:"allow-unread,omitempty" jsonschema_description:"How many repositories may stay unread before a run fails: a share such as 1%, or a whole number."`
	Site             *siteSchema       `json:"site,omitempty" jsonschema_description:"How the report presents itself."`
	Deadline         durationSchema    `json:"deadline,omitempty" jsonschema_description:"Stop in order before this much time has passed; the next run resumes. Such as 40m or 1h30m."`
	Concurrency      int               `json:"concurrency,omitempty" jsonschema:"minimum=1,maximum=100,default=4" jsonschema_description:"Most GraphQL requests in flight."`
}

type includeSchema struct {
	Forks     bool `json:"forks,omitempty" jsonschema:"default=true" jsonschema_description:"Survey forks."`
	Archived  bool `json:"archived,omitempty" jsonschema:"default=true" jsonschema_description:"Survey archived repositories."`
	Templates bool `json:"templates,omitempty" jsonschema:"default=true" jsonschema_description:"Survey templates."`
	Private   bool `json:"private,omitempty" jsonschema:"default=false" jsonschema_description:"Survey private repositories. The report tells their names."`
}

type tiersSchema struct {
	Fresh  spanSchema `json:"fresh,omitempty" jsonschema:"default=6mo" jsonschema_description:"The end of fresh, such as 90d, 6mo or 2y."`
	Active spanSchema `json:"active,omitempty" jsonschema:"default=1y" jsonschema_description:"The end of active."`
	Aging  spanSchema `json:"aging,omitempty" jsonschema:"default=2y" jsonschema_description:"The end of aging."`
	Stale  spanSchema `json:"stale,omitempty" jsonschema:"default=4y" jsonschema_description:"The end of stale. The search for a person's commit goes back no further."`
}

type exemptSchema struct {
	Match    globSchema  `json:"match,omitempty" jsonschema_description:"A pattern over the name, or over owner/name when it holds a slash."`
	Topic    topicSchema `json:"topic,omitempty" jsonschema_description:"A topic that the repository carries."`
	Language textSchema  `json:"language,omitempty" jsonschema_description:"The primary language."`
	Reason   textSchema  `json:"reason" jsonschema_description:"Why it is exempt. The report shows it."`
	Until    dateSchema  `json:"until,omitempty" jsonschema_description:"The last day, UTC, on which it holds. Without it there is no end."`
	By       textSchema  `json:"by,omitempty" jsonschema_description:"Who decided."`
}

// JSONSchemaExtend asks for exactly one way to choose repositories.
func (exemptSchema) JSONSchemaExtend(s *jsonschema.Schema) {
	for _, key := range []string{"match", "topic", "language"} {
		s.OneOf = append(s.OneOf, &jsonschema.Schema{Required: []string{key}})
	}
}

type ownershipSchema struct {
	Codeowners bool                  `json:"codeowners,omitempty" jsonschema:"default=true" jsonschema_description:"Whether CODEOWNERS files count."`
	Rules      []ownershipRuleSchema `json:"rules,omitempty" jsonschema_description:"Owners of repositories whose CODEOWNERS names nobody for everything. The first that fits counts."`
}

type ownershipRuleSchema struct {
	Match globSchema  `json:"match" jsonschema_description:"A pattern over the name, or over owner/name when it holds a slash."`
	Owner ownerSchema `json:"owner" jsonschema_description:"A user (@user) or a team (@organization/team)."`
}

type siteSchema struct {
	Title textSchema `json:"title,omitempty" jsonschema_description:"The title of the report."`
	URL   urlSchema  `json:"url,omitempty" jsonschema_description:"Where the report is published: an absolute https address."`
	Notes textSchema `json:"notes,omitempty" jsonschema_description:"A directory of Markdown notes beside this file."`
}

type (
	loginSchema    string
	ownerSchema    string
	topicSchema    string
	globSchema     string
	textSchema     string
	spanSchema     string
	dateSchema     string
	durationSchema string
	urlSchema      string
)

func (loginSchema) JSONSchema() *jsonschema.Schema    { return patterned(loginForm) }
func (ownerSchema) JSONSchema() *jsonschema.Schema    { return patterned(ownerForm) }
func (topicSchema) JSONSchema() *jsonschema.Schema    { return patterned(topicForm) }
func (spanSchema) JSONSchema() *jsonschema.Schema     { return patterned(spanForm) }
func (durationSchema) JSONSchema() *jsonschema.Schema { return patterned(durationForm) }
func (globSchema) JSONSchema() *jsonschema.Schema     { return bounded() }
func (textSchema) JSONSchema() *jsonschema.Schema     { return bounded() }

func (dateSchema) JSONSchema() *jsonschema.Schema {
	s := patterned(dateForm)
	s.Format = "date"
	return s
}

func (urlSchema) JSONSchema() *jsonschema.Schema {
	s := bounded()
	s.Format, s.Pattern = "uri", urlForm
	return s
}

func patterned(form string) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: form}
}

func bounded() *jsonschema.Schema {
	least, most := uint64(1), uint64(maxText)
	return &jsonschema.Schema{Type: "string", MinLength: &least, MaxLength: &most}
}

// allowUnreadField is a share or a number.
type allowUnreadField struct{}

// JSONSchema describes both forms.
func (allowUnreadField) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{
		Default: "1%",
		OneOf: []*jsonschema.Schema{
			patterned(percentForm),
			{Type: "integer", Minimum: "0", Maximum: json.Number("1000000")},
		},
	}
}

// Schema returns the JSON Schema of stalewatch.yml, draft 2020-12, indented,
// for editors to complete and check by. It knows the form of each value, but
// not what only the whole shows, such as tiers that do not ascend.
func Schema() []byte {
	r := jsonschema.Reflector{DoNotReference: true, ExpandedStruct: true}
	s := r.Reflect(&fileSchema{})
	s.ID = SchemaID
	s.Title = "stalewatch.yml"
	s.Description = "The configuration of stalewatch."
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic("config: the schema cannot be written as JSON: " + err.Error()) // a mistake in the types above
	}
	return append(text, '\n')
}
