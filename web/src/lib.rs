//! Console and driver pages, REST API: thin views over the central system.

mod assets;
mod i18n;
mod view;
