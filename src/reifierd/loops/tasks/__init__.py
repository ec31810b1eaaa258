"""The tasks loop: an approved task file is executed criterion by criterion, with proof."""
