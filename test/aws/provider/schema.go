package main

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

//go:embed schema/schema.json
var schemaJSON []byte

type attribute struct {
	Type     json.RawMessage `json:"type"`
	Required bool            `json:"required"`
	Optional bool            `json:"optional"`
	Computed bool            `json:"computed"`
}

type block struct {
	Attributes map[string]attribute   `json:"attributes"`
	Blocks     map[string]nestedBlock `json:"blocks"`
}

type nestedBlock struct {
	Nesting  string `json:"nesting"`
	MinItems int64  `json:"min_items"`
	MaxItems int64  `json:"max_items"`
	Block    block  `json:"block"`
}

type schemas struct {
	ProviderVersion string           `json:"provider_version"`
	Provider        block            `json:"provider"`
	Resources       map[string]block `json:"resources"`
	DataSources     map[string]block `json:"data_sources"`
}

func readSchemas() (*schemas, error) {
	read := &schemas{}
	if err := json.Unmarshal(schemaJSON, read); err != nil {
		return nil, fmt.Errorf("schema.json: %w", err)
	}
	return read, nil
}

func (b block) schema() (*tfprotov5.Schema, error) {
	converted, err := b.convert()
	return &tfprotov5.Schema{Block: converted}, err
}

func (b block) convert() (*tfprotov5.SchemaBlock, error) {
	converted := &tfprotov5.SchemaBlock{}
	for name, attr := range b.Attributes {
		t, err := typeOf(attr.Type)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		converted.Attributes = append(converted.Attributes, &tfprotov5.SchemaAttribute{
			Name: name, Type: t, Required: attr.Required, Optional: attr.Optional, Computed: attr.Computed,
			Sensitive: name == "secret_key" || name == "token",
		})
	}
	nesting := map[string]tfprotov5.SchemaNestedBlockNestingMode{
		"single": tfprotov5.SchemaNestedBlockNestingModeSingle,
		"list":   tfprotov5.SchemaNestedBlockNestingModeList,
		"set":    tfprotov5.SchemaNestedBlockNestingModeSet,
	}
	for name, nested := range b.Blocks {
		inner, err := nested.Block.convert()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		one := &tfprotov5.SchemaNestedBlock{TypeName: name, Block: inner, Nesting: nesting[nested.Nesting]}
		if nested.Nesting != "single" {
			one.MinItems, one.MaxItems = nested.MinItems, nested.MaxItems
		}
		converted.BlockTypes = append(converted.BlockTypes, one)
	}
	return converted, nil
}

// typeOf reads a type as Terraform writes it in JSON: "string", ["list", "string"], ["object", {…}].
func typeOf(text json.RawMessage) (tftypes.Type, error) {
	return tftypes.ParseJSONType(text) //nolint:staticcheck // The only reader of this form.
}
