package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func (p *provider) routeTable(ctx context.Context, id string) (*types.RouteTable, error) {
	found, err := p.ec2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{id}})
	if err = unless(err, "InvalidRouteTableID.NotFound"); err != nil || found == nil {
		return nil, err
	}
	return first(found.RouteTables), nil
}

var routeTableResource = resource{
	handled: []string{"vpc_id"},
	tagged:  true,
	create: func(ctx context.Context, p *provider, plan object) (object, error) {
		made, err := p.ec2.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{
			VpcId: orNil(plan, "vpc_id"), TagSpecifications: ec2Tags(types.ResourceTypeRouteTable, plan["tags_all"]),
		})
		if err != nil {
			return nil, err
		}
		return object{"id": aws.ToString(made.RouteTable.RouteTableId)}, nil
	},
	read: func(ctx context.Context, p *provider, state object) (object, error) {
		one, err := p.routeTable(ctx, text(state, "id"))
		if err != nil || one == nil {
			return nil, err
		}
		return object{
			"id": deref(one.RouteTableId), "vpc_id": deref(one.VpcId), "owner_id": deref(one.OwnerId), "tags_all": tagsOf(one.Tags),
			"arn": fmt.Sprintf("arn:aws:ec2:%s:%s:route-table/%s", p.region, aws.ToString(one.OwnerId), text(state, "id")),
			// Routes are resources of their own in all that uses this stand-in.
			"route": []any{}, "propagating_vgws": []any{},
		}, nil
	},
	remove: func(ctx context.Context, p *provider, state object) error {
		_, err := p.ec2.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: orNil(state, "id")})
		return unless(err, "InvalidRouteTableID.NotFound")
	},
}

var routeResource = resource{
	handled: []string{"route_table_id", "destination_cidr_block", "gateway_id", "nat_gateway_id"},
	updates: []string{"gateway_id", "nat_gateway_id"},
	create: func(ctx context.Context, p *provider, plan object) (object, error) {
		_, err := p.ec2.CreateRoute(ctx, &ec2.CreateRouteInput{
			RouteTableId: orNil(plan, "route_table_id"), DestinationCidrBlock: orNil(plan, "destination_cidr_block"),
			GatewayId: orNil(plan, "gateway_id"), NatGatewayId: orNil(plan, "nat_gateway_id"),
		})
		if err != nil {
			return nil, err
		}
		return object{"id": "r-" + text(plan, "route_table_id") + text(plan, "destination_cidr_block")}, nil
	},
	read: func(ctx context.Context, p *provider, state object) (object, error) {
		table, err := p.routeTable(ctx, text(state, "route_table_id"))
		if err != nil || table == nil {
			return nil, err
		}
		for _, route := range table.Routes {
			if aws.ToString(route.DestinationCidrBlock) == text(state, "destination_cidr_block") {
				return object{
					"id": state["id"], "gateway_id": orEmpty(route.GatewayId), "nat_gateway_id": orEmpty(route.NatGatewayId),
					"state": string(route.State), "origin": string(route.Origin), "network_interface_id": orEmpty(route.NetworkInterfaceId),
					"instance_id": orEmpty(route.InstanceId), "instance_owner_id": orEmpty(route.InstanceOwnerId),
				}, nil
			}
		}
		return nil, nil
	},
	update: func(ctx context.Context, p *provider, prior, plan object) error {
		if same(prior["gateway_id"], plan["gateway_id"]) && same(prior["nat_gateway_id"], plan["nat_gateway_id"]) {
			return nil
		}
		_, err := p.ec2.ReplaceRoute(ctx, &ec2.ReplaceRouteInput{
			RouteTableId: orNil(plan, "route_table_id"), DestinationCidrBlock: orNil(plan, "destination_cidr_block"),
			GatewayId: orNil(plan, "gateway_id"), NatGatewayId: orNil(plan, "nat_gateway_id"),
		})
		return err
	},
	remove: func(ctx context.Context, p *provider, state object) error {
		_, err := p.ec2.DeleteRoute(ctx, &ec2.DeleteRouteInput{
			RouteTableId: orNil(state, "route_table_id"), DestinationCidrBlock: orNil(state, "destination_cidr_block"),
		})
		return unless(err, "InvalidRoute.NotFound", "InvalidRouteTableID.NotFound")
	},
}

// orEmpty is what the real provider keeps of an absent text that is no part of the configuration.
func orEmpty(value *string) any { return aws.ToString(value) }

var routeTableAssociationResource = resource{
	handled: []string{"subnet_id", "route_table_id"},
	updates: []string{"route_table_id"},
	update: func(ctx context.Context, p *provider, prior, plan object) error {
		if same(prior["route_table_id"], plan["route_table_id"]) {
			return nil
		}
		made, err := p.ec2.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{
			AssociationId: orNil(prior, "id"), RouteTableId: orNil(plan, "route_table_id"),
		})
		if err == nil {
			// The association has another id then.
			plan["id"] = aws.ToString(made.NewAssociationId)
		}
		return err
	},
	create: func(ctx context.Context, p *provider, plan object) (object, error) {
		made, err := p.ec2.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{
			RouteTableId: orNil(plan, "route_table_id"), SubnetId: orNil(plan, "subnet_id"),
		})
		if err != nil {
			return nil, err
		}
		return object{"id": aws.ToString(made.AssociationId)}, nil
	},
	read: func(ctx context.Context, p *provider, state object) (object, error) {
		table, err := p.routeTable(ctx, text(state, "route_table_id"))
		if err != nil || table == nil {
			return nil, err
		}
		for _, one := range table.Associations {
			if aws.ToString(one.RouteTableAssociationId) == text(state, "id") {
				return object{"id": state["id"], "subnet_id": deref(one.SubnetId), "route_table_id": deref(one.RouteTableId)}, nil
			}
		}
		return nil, nil
	},
	remove: func(ctx context.Context, p *provider, state object) error {
		_, err := p.ec2.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: orNil(state, "id")})
		return unless(err, "InvalidAssociationID.NotFound")
	},
}

var eipResource = resource{
	handled: []string{"domain", "instance"},
	updates: []string{"instance"},
	tagged:  true,
	create: func(ctx context.Context, p *provider, plan object) (object, error) {
		made, err := p.ec2.AllocateAddress(ctx, &ec2.AllocateAddressInput{
			Domain: types.DomainTypeVpc, TagSpecifications: ec2Tags(types.ResourceTypeElasticIp, plan["tags_all"]),
		})
		if err != nil {
			return nil, err
		}
		return object{"id": aws.ToString(made.AllocationId)}, p.associate(ctx, aws.ToString(made.AllocationId), text(plan, "instance"))
	},
	update: func(ctx context.Context, p *provider, state, plan object) error {
		return p.associate(ctx, text(state, "id"), text(plan, "instance"))
	},
	read: func(ctx context.Context, p *provider, state object) (object, error) {
		found, err := p.ec2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{AllocationIds: []string{text(state, "id")}})
		if err = unless(err, "InvalidAllocationID.NotFound"); err != nil || found == nil || len(found.Addresses) == 0 {
			return nil, err
		}
		one := found.Addresses[0]
		return object{
			"id": deref(one.AllocationId), "allocation_id": deref(one.AllocationId), "public_ip": deref(one.PublicIp),
			"domain": string(one.Domain), "tags_all": tagsOf(one.Tags),
			// Which of them it is used by changes without anybody touching the address.
			"association_id": orEmpty(one.AssociationId), "network_interface": orEmpty(one.NetworkInterfaceId), "instance": orEmpty(one.InstanceId),
		}, nil
	},
	remove: func(ctx context.Context, p *provider, state object) error {
		if association := text(state, "association_id"); association != "" && text(state, "instance") != "" {
			_, err := p.ec2.DisassociateAddress(ctx, &ec2.DisassociateAddressInput{AssociationId: aws.String(association)})
			if err = unless(err, "InvalidAssociationID.NotFound"); err != nil {
				return err
			}
		}
		_, err := p.ec2.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: orNil(state, "id")})
		return unless(err, "InvalidAllocationID.NotFound")
	},
}

// associate gives the address to an instance; without one it does nothing.
func (p *provider) associate(ctx context.Context, allocation, instance string) error {
	if instance == "" {
		return nil
	}
	_, err := p.ec2.AssociateAddress(ctx, &ec2.AssociateAddressInput{
		AllocationId: aws.String(allocation), InstanceId: aws.String(instance), AllowReassociation: aws.Bool(true),
	})
	return err
}

var natGatewayResource = resource{
	handled: []string{"allocation_id", "subnet_id"},
	tagged:  true,
	create: func(ctx context.Context, p *provider, plan object) (object, error) {
		made, err := p.ec2.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{
			AllocationId: orNil(plan, "allocation_id"), SubnetId: orNil(plan, "subnet_id"),
			TagSpecifications: ec2Tags(types.ResourceTypeNatgateway, plan["tags_all"]),
		})
		if err != nil {
			return nil, err
		}
		id := aws.ToString(made.NatGateway.NatGatewayId)
		return object{"id": id}, p.awaitNat(ctx, id, types.NatGatewayStateAvailable)
	},
	read: func(ctx context.Context, p *provider, state object) (object, error) {
		one, err := p.natGateway(ctx, text(state, "id"))
		if err != nil || one == nil || one.State == types.NatGatewayStateDeleted || one.State == types.NatGatewayStateDeleting {
			return nil, err
		}
		read := object{"id": deref(one.NatGatewayId), "subnet_id": deref(one.SubnetId), "connectivity_type": string(one.ConnectivityType), "tags_all": tagsOf(one.Tags)}
		if address := first(one.NatGatewayAddresses); address != nil {
			read["allocation_id"], read["private_ip"], read["public_ip"] = deref(address.AllocationId), deref(address.PrivateIp), deref(address.PublicIp)
			read["network_interface_id"] = deref(address.NetworkInterfaceId)
		}
		return read, nil
	},
	remove: func(ctx context.Context, p *provider, state object) error {
		_, err := p.ec2.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: orNil(state, "id")})
		if isCode(err, "NatGatewayNotFound") {
			return nil
		}
		if err != nil {
			return err
		}
		return p.awaitNat(ctx, text(state, "id"), types.NatGatewayStateDeleted)
	},
}

func (p *provider) natGateway(ctx context.Context, id string) (*types.NatGateway, error) {
	found, err := p.ec2.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{id}})
	if err = unless(err, "NatGatewayNotFound"); err != nil || found == nil {
		return nil, err
	}
	return first(found.NatGateways), nil
}

func (p *provider) awaitNat(ctx context.Context, id string, wanted types.NatGatewayState) error {
	return await(ctx, networkMinutes, func() (bool, string, error) {
		one, err := p.natGateway(ctx, id)
		if err != nil || one == nil {
			return wanted == types.NatGatewayStateDeleted, "gone", err
		}
		if one.State == types.NatGatewayStateFailed {
			return true, "", fmt.Errorf("%s: %s", aws.ToString(one.FailureCode), aws.ToString(one.FailureMessage))
		}
		return one.State == wanted, string(one.State), nil
	})
}
