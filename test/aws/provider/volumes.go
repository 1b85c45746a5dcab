package main

import (
	"context"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const volumeMinutes = 5 * time.Minute

var ebsVolumeResource = resource{
	handled: []string{"availability_zone", "size", "type", "iops", "throughput", "encrypted", "kms_key_id"},
	updates: []string{"iops", "size", "throughput", "type"},
	tagged:  true,
	create: func(ctx context.Context, p *provider, plan object) (object, error) {
		made, err := p.ec2.CreateVolume(ctx, &ec2.CreateVolumeInput{
			AvailabilityZone: orNil(plan, "availability_zone"), Size: number(plan, "size"), VolumeType: types.VolumeType(text(plan, "type")),
			Iops: number(plan, "iops"), Throughput: number(plan, "throughput"), Encrypted: truth(plan, "encrypted"), KmsKeyId: orNil(plan, "kms_key_id"),
			TagSpecifications: ec2Tags(types.ResourceTypeVolume, plan["tags_all"]),
		})
		if err != nil {
			return nil, err
		}
		id := aws.ToString(made.VolumeId)
		// The emulator does not store these two.
		state := object{"id": id}
		return state, await(ctx, volumeMinutes, func() (bool, string, error) {
			one, err := p.volume(ctx, id)
			if err != nil || one == nil {
				return false, "gone", err
			}
			return one.State == types.VolumeStateAvailable, string(one.State), nil
		})
	},
	read: func(ctx context.Context, p *provider, state object) (object, error) {
		one, err := p.volume(ctx, text(state, "id"))
		if err != nil || one == nil || one.State == types.VolumeStateDeleting || one.State == types.VolumeStateDeleted {
			return nil, err
		}
		read := object{
			"id": deref(one.VolumeId), "availability_zone": deref(one.AvailabilityZone), "size": deref(one.Size), "type": string(one.VolumeType),
			"encrypted": aws.ToBool(one.Encrypted), "snapshot_id": aws.ToString(one.SnapshotId), "tags_all": tagsOf(one.Tags),
			"multi_attach_enabled": aws.ToBool(one.MultiAttachEnabled), "outpost_arn": aws.ToString(one.OutpostArn),
			"arn": fmt.Sprintf("arn:aws:ec2:%s::volume/%s", p.region, aws.ToString(one.VolumeId)),
		}
		told(read, state, "kms_key_id", deref(one.KmsKeyId))
		told(read, state, "iops", deref(one.Iops))
		told(read, state, "throughput", deref(one.Throughput))
		if one.CreateTime != nil {
			read["create_time"] = one.CreateTime.Format(time.RFC3339)
		}
		return read, nil
	},
	update: func(ctx context.Context, p *provider, prior, plan object) error {
		if len(differing(prior, plan, "size", "type", "iops", "throughput")) == 0 {
			return nil
		}
		// As the real provider: what differs, the throughput always, and the IOPS with another type.
		input := &ec2.ModifyVolumeInput{VolumeId: orNil(plan, "id")}
		if !same(prior["size"], plan["size"]) {
			input.Size = number(plan, "size")
		}
		if !same(prior["type"], plan["type"]) {
			input.VolumeType = types.VolumeType(text(plan, "type"))
		}
		if !same(prior["iops"], plan["iops"]) || input.VolumeType == types.VolumeTypeGp3 {
			input.Iops = number(plan, "iops")
		}
		if text(plan, "type") == "gp3" {
			input.Throughput = number(plan, "throughput")
		}
		_, err := p.ec2.ModifyVolume(ctx, input)
		return err
	},
	remove: func(ctx context.Context, p *provider, state object) error {
		return await(ctx, volumeMinutes, func() (bool, string, error) {
			_, err := p.ec2.DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: orNil(state, "id")})
			if isCode(err, "VolumeInUse") {
				return false, "in use", nil
			}
			return true, "", unless(err, "InvalidVolume.NotFound")
		})
	},
}

// told takes the value of the API; without one, the known value stays.
func told(read, state object, name string, value any) {
	if value == nil || value == int64(0) {
		if known := state[name]; known != nil && !hasUnknown(known) {
			value = known
		}
	}
	read[name] = value
}

func (p *provider) volume(ctx context.Context, id string) (*types.Volume, error) {
	found, err := p.ec2.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: []string{id}})
	if err = unless(err, "InvalidVolume.NotFound"); err != nil || found == nil {
		return nil, err
	}
	return first(found.Volumes), nil
}

var volumeAttachmentResource = resource{
	handled: []string{"device_name", "instance_id", "volume_id", "stop_instance_before_detaching", "force_detach", "skip_destroy"},
	create: func(ctx context.Context, p *provider, plan object) (object, error) {
		device, instance, volume := text(plan, "device_name"), text(plan, "instance_id"), text(plan, "volume_id")
		state := object{"id": attachmentID(device, volume, instance)}
		if attached, err := p.attachment(ctx, volume, instance); err != nil || attached != nil {
			return state, err
		}
		if _, err := p.ec2.AttachVolume(ctx, &ec2.AttachVolumeInput{Device: &device, InstanceId: &instance, VolumeId: &volume}); err != nil {
			return nil, err
		}
		return state, await(ctx, volumeMinutes, func() (bool, string, error) {
			one, err := p.attachment(ctx, volume, instance)
			if err != nil || one == nil {
				return false, "detached", err
			}
			return one.State == types.VolumeAttachmentStateAttached, string(one.State), nil
		})
	},
	read: func(ctx context.Context, p *provider, state object) (object, error) {
		one, err := p.attachment(ctx, text(state, "volume_id"), text(state, "instance_id"))
		if err != nil || one == nil {
			return nil, err
		}
		return object{"id": state["id"], "device_name": deref(one.Device)}, nil
	},
	remove: func(ctx context.Context, p *provider, state object) error {
		instance, volume := text(state, "instance_id"), text(state, "volume_id")
		if stop := truth(state, "stop_instance_before_detaching"); stop != nil && *stop {
			if err := p.stopInstance(ctx, instance); err != nil {
				return err
			}
		}
		_, err := p.ec2.DetachVolume(ctx, &ec2.DetachVolumeInput{InstanceId: &instance, VolumeId: &volume, Device: orNil(state, "device_name")})
		if err = unless(err, "IncorrectState", "InvalidVolume.NotFound", "InvalidAttachment.NotFound", "InvalidInstanceID.NotFound"); err != nil {
			return err
		}
		return await(ctx, volumeMinutes, func() (bool, string, error) {
			one, err := p.attachment(ctx, volume, instance)
			return one == nil, "attached", err
		})
	},
}

// attachmentID is of the form of the real provider's.
func attachmentID(device, volume, instance string) string {
	return fmt.Sprintf("vai-%d", crc32.ChecksumIEEE([]byte(device+"-"+instance+"-"+volume+"-")))
}

func (p *provider) attachment(ctx context.Context, volume, instance string) (*types.VolumeAttachment, error) {
	one, err := p.volume(ctx, volume)
	if err != nil || one == nil {
		return nil, err
	}
	for _, attached := range one.Attachments {
		if aws.ToString(attached.InstanceId) == instance && attached.State != types.VolumeAttachmentStateDetached {
			return &attached, nil
		}
	}
	return nil, nil
}

func (p *provider) stopInstance(ctx context.Context, id string) error {
	one, err := p.instance(ctx, id)
	if err != nil || one == nil || one.State.Name != types.InstanceStateNameRunning {
		return err
	}
	if _, err := p.ec2.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}}); err != nil {
		return err
	}
	return p.awaitInstance(ctx, id, types.InstanceStateNameStopped, types.InstanceStateNameTerminated)
}
