import Testing

/// All tests of the built program, one after the other: they measure times and fill both processors.
@Suite(.serialized) enum SystemTests {}
