package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func (p *provider) ValidateResourceTypeConfig(_ context.Context, request *tfprotov5.ValidateResourceTypeConfigRequest) (*tfprotov5.ValidateResourceTypeConfigResponse, error) {
	answer := &tfprotov5.ValidateResourceTypeConfigResponse{}
	configured, err := unpack(request.Config, p.resourceTypes[request.TypeName])
	if err == nil {
		err = refuseUnhandled(configured, append([]string{"id", "tags", "region", "timeouts"}, resources[request.TypeName].handled...))
	}
	if err == nil {
		err = validate(request.TypeName, configured)
	}
	if err != nil {
		answer.Diagnostics = problem(err)
	}
	return answer, nil
}

func (p *provider) UpgradeResourceState(_ context.Context, request *tfprotov5.UpgradeResourceStateRequest) (*tfprotov5.UpgradeResourceStateResponse, error) {
	answer := &tfprotov5.UpgradeResourceStateResponse{}
	t := p.resourceTypes[request.TypeName].ValueType()
	value, err := request.RawState.UnmarshalWithOpts(t, tfprotov5.UnmarshalOpts{
		ValueFromJSONOpts: tftypes.ValueFromJSONOpts{IgnoreUndefinedAttributes: true},
	})
	if err == nil {
		var packed tfprotov5.DynamicValue
		packed, err = tfprotov5.NewDynamicValue(t, value)
		answer.UpgradedState = &packed
	}
	if err != nil {
		answer.Diagnostics = problem(err)
	}
	return answer, nil
}

func (p *provider) ReadResource(ctx context.Context, request *tfprotov5.ReadResourceRequest) (*tfprotov5.ReadResourceResponse, error) {
	answer := &tfprotov5.ReadResourceResponse{}
	schema := p.resourceTypes[request.TypeName]
	state, err := unpack(request.CurrentState, schema)
	if err == nil {
		state, err = p.refresh(ctx, request.TypeName, state)
	}
	if err == nil {
		answer.NewState, err = pack(state, schema)
	}
	if err != nil {
		answer.Diagnostics = problem(fmt.Errorf("reading %s (%s): %w", request.TypeName, text(state, "id"), err))
	}
	return answer, nil
}

// refresh updates a state with the values of the API.
func (p *provider) refresh(ctx context.Context, name string, state object) (object, error) {
	kind := resources[name]
	found, err := kind.read(ctx, p, state)
	if err != nil || found == nil {
		return nil, err
	}
	fresh := object{}
	for key, value := range state {
		fresh[key] = value
	}
	for key, value := range found {
		fresh[key] = value
	}
	fresh["region"] = p.region
	if kind.tagged {
		all, _ := found["tags_all"].(object)
		before, _ := state["tags"].(object)
		fresh["tags"] = p.ownTags(all, before)
	}
	return fresh, nil
}

func (p *provider) PlanResourceChange(ctx context.Context, request *tfprotov5.PlanResourceChangeRequest) (*tfprotov5.PlanResourceChangeResponse, error) {
	answer := &tfprotov5.PlanResourceChangeResponse{
		PlannedState: request.ProposedNewState, PlannedPrivate: request.PriorPrivate,
		// As the real provider: it plans defaults of attributes that are not computed.
		UnsafeToUseLegacyTypeSystem: true,
	}
	schema := p.resourceTypes[request.TypeName]
	kind := resources[request.TypeName]
	plan, err := unpack(request.ProposedNewState, schema)
	if err != nil || plan == nil {
		return answer, err
	}
	prior, err := unpack(request.PriorState, schema)
	if err != nil {
		return nil, err
	}
	configured, err := unpack(request.Config, schema)
	if err != nil {
		return nil, err
	}
	definition := p.schemas.Resources[request.TypeName]
	if prior == nil {
		markUnknown(definition, configured, plan)
	}
	if configured["region"] == nil {
		plan["region"] = p.region
	}
	if kind.tagged {
		plan["tags_all"] = p.allTags(plan["tags"])
	}
	keepDefaults(definition, configured, prior, plan)
	if kind.plan != nil {
		kind.plan(p, configured, prior, plan)
	}
	if prior != nil {
		if answer.RequiresReplace, err = p.replacements(ctx, request.TypeName, prior, plan); err != nil {
			answer.Diagnostics = problem(err)
			return answer, nil
		}
	}
	answer.PlannedState, err = pack(plan, schema)
	if err != nil {
		answer.Diagnostics = problem(err)
	}
	return answer, nil
}

// defaults are those of attributes that nobody has to set and that are not computed.
var defaults = map[string]any{
	"delete_on_termination": true, "enable_dns_support": true, "http_protocol_ipv6": "disabled", "instance_tenancy": "default",
	"max_session_duration": int64(3600), "path": "/", "source_dest_check": true,
}

// keepDefaults takes a default that was read for what it is: no change wanted by anybody.
func keepDefaults(definition block, configured, prior, plan object) {
	for name, attr := range definition.Attributes {
		if attr.Computed || configured[name] != nil || prior[name] == nil {
			continue
		}
		switch prior[name] {
		case "", false, int64(0), defaults[name]:
			plan[name] = prior[name]
		}
	}
	for name, nested := range definition.Blocks {
		before, _ := prior[name].([]any)
		planned, _ := plan[name].([]any)
		given, _ := configured[name].([]any)
		for index := range planned {
			if index >= len(before) || index >= len(given) {
				continue
			}
			written, _ := given[index].(object)
			old, _ := before[index].(object)
			now, is := planned[index].(object)
			if is {
				keepDefaults(nested.Block, written, old, now)
			}
		}
	}
}

// markUnknown marks every computed attribute without a value as known after the apply.
func markUnknown(definition block, configured, plan object) {
	for name, attr := range definition.Attributes {
		if attr.Computed && configured[name] == nil {
			plan[name] = unknown
		}
	}
	for name, nested := range definition.Blocks {
		given, _ := configured[name].([]any)
		planned, _ := plan[name].([]any)
		for index := range planned {
			inner, is := planned[index].(object)
			if !is || index >= len(given) {
				continue
			}
			if written, is := given[index].(object); is {
				markUnknown(nested.Block, written, inner)
			}
		}
	}
}

func (p *provider) ApplyResourceChange(ctx context.Context, request *tfprotov5.ApplyResourceChangeRequest) (*tfprotov5.ApplyResourceChangeResponse, error) {
	answer := &tfprotov5.ApplyResourceChangeResponse{Private: request.PlannedPrivate, UnsafeToUseLegacyTypeSystem: true}
	schema := p.resourceTypes[request.TypeName]
	plan, err := unpack(request.PlannedState, schema)
	if err != nil {
		return nil, err
	}
	prior, err := unpack(request.PriorState, schema)
	if err != nil {
		return nil, err
	}
	state, failure := p.apply(ctx, request.TypeName, prior, plan)
	if answer.NewState, err = pack(state, schema); err != nil {
		return nil, err
	}
	if failure != nil {
		answer.Diagnostics = problem(failure)
	}
	return answer, nil
}

// apply returns the state that there is afterwards, also where it failed.
func (p *provider) apply(ctx context.Context, name string, prior, plan object) (object, error) {
	kind := resources[name]
	switch {
	case plan == nil:
		if err := kind.remove(ctx, p, prior); err != nil {
			return prior, fmt.Errorf("deleting %s (%s): %w", name, text(prior, "id"), err)
		}
		return nil, nil
	case prior == nil:
		made, err := kind.create(ctx, p, plan)
		if err != nil {
			err = fmt.Errorf("creating %s: %w", name, err)
		}
		if made == nil {
			return nil, err
		}
		state := object{}
		for key, value := range plan {
			state[key] = value
		}
		for key, value := range made {
			state[key] = value
		}
		found, readErr := kind.read(ctx, p, state)
		if err == nil {
			err = readErr
		}
		if err == nil && found == nil {
			err = fmt.Errorf("creating %s: it is gone right after it was made", name)
		}
		for key, value := range made {
			if found == nil {
				found = object{}
			}
			found[key] = value
		}
		return fill(plan, any(found)).(object), err
	default:
		if err := p.update(ctx, kind, prior, plan); err != nil {
			return prior, fmt.Errorf("updating %s (%s): %w", name, text(prior, "id"), err)
		}
		found, err := kind.read(ctx, p, plan)
		return fill(plan, any(found)).(object), err
	}
}

func (p *provider) update(ctx context.Context, kind resource, prior, plan object) error {
	if kind.tagged {
		before, _ := prior["tags_all"].(object)
		after, _ := plan["tags_all"].(object)
		set, remove := tagChanges(before, after)
		if len(set)+len(remove) > 0 {
			tag := kind.tag
			if tag == nil {
				tag = tagByID
			}
			if err := tag(ctx, p, prior, set, remove); err != nil {
				return err
			}
		}
	}
	if kind.update == nil {
		return nil
	}
	return kind.update(ctx, p, prior, plan)
}

func (p *provider) ImportResourceState(ctx context.Context, request *tfprotov5.ImportResourceStateRequest) (*tfprotov5.ImportResourceStateResponse, error) {
	answer := &tfprotov5.ImportResourceStateResponse{}
	schema := p.resourceTypes[request.TypeName]
	empty := emptyBlock(p.schemas.Resources[request.TypeName])
	empty["id"] = request.ID
	state, err := pack(empty, schema)
	if err != nil {
		answer.Diagnostics = problem(err)
		return answer, nil
	}
	answer.ImportedResources = []*tfprotov5.ImportedResource{{TypeName: request.TypeName, State: state}}
	return answer, nil
}

// emptyBlock is a block in which nothing is set: no list of blocks may be null.
func emptyBlock(definition block) object {
	empty := object{}
	for name, nested := range definition.Blocks {
		if nested.Nesting != "single" {
			empty[name] = []any{}
		}
	}
	return empty
}

func (p *provider) ValidateDataSourceConfig(_ context.Context, request *tfprotov5.ValidateDataSourceConfigRequest) (*tfprotov5.ValidateDataSourceConfigResponse, error) {
	answer := &tfprotov5.ValidateDataSourceConfigResponse{}
	configured, err := unpack(request.Config, p.dataTypes[request.TypeName])
	if err == nil {
		err = refuseUnhandled(configured, append(slices.Clone(dataSources[request.TypeName].handled), "region", "timeouts"))
	}
	if err != nil {
		answer.Diagnostics = problem(err)
	}
	return answer, nil
}

func (p *provider) ReadDataSource(ctx context.Context, request *tfprotov5.ReadDataSourceRequest) (*tfprotov5.ReadDataSourceResponse, error) {
	answer := &tfprotov5.ReadDataSourceResponse{}
	schema := p.dataTypes[request.TypeName]
	configured, err := unpack(request.Config, schema)
	if err == nil {
		var found object
		if found, err = dataSources[request.TypeName].read(ctx, p, configured); err == nil {
			for name, value := range configured {
				if _, told := found[name]; !told {
					found[name] = value
				}
			}
			found["region"] = p.region
			answer.State, err = pack(found, schema)
		}
	}
	if err != nil {
		answer.Diagnostics = problem(fmt.Errorf("reading %s: %w", request.TypeName, err))
	}
	return answer, nil
}
