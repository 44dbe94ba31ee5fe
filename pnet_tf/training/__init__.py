"""What happens while two networks train: objective, schedule, augmentation, the joint fit."""
