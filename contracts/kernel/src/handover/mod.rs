//! Who may do what until when: the calendar of capabilities, operations behind a timelock, guardian and treasury.
