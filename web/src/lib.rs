//! Console and driver pages, REST API: thin views over the central system.
