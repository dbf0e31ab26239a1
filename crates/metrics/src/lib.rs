#![doc = include_str!("../README.md")]

#[doc(hidden)]
pub use prometheus;
pub use prometheus::{Error, Registry, Result};

/// Declares a struct of metrics and its constructor. The [crate's page](crate) shows the syntax.
///
/// The struct derives `Clone` and `Debug`; its clones share their values. `new(&Registry)` creates and registers all
/// metrics. It fails if the registry already has one of these names.
///
/// # Panics
/// `new` panics if a metric or label name is not valid for Prometheus. Any test that calls it finds this.
#[macro_export]
macro_rules! metrics {
    (
        $(#[$struct_attribute:meta])*
        $struct_visibility:vis struct $Struct:ident {
            $(
                $(#[doc = $help:literal])+
                $visibility:vis $field:ident: $Kind:ident $([$($label:literal),+ $(,)?])? $(($buckets:expr))? = $name:literal
            ),+ $(,)?
        }
    ) => {
        $(#[$struct_attribute])*
        #[derive(Clone, Debug)]
        $struct_visibility struct $Struct {
            $(
                $(#[doc = $help])+
                $visibility $field: $crate::prometheus::$Kind,
            )+
        }

        impl $Struct {
            /// Creates all metrics and registers them with `registry`.
            ///
            /// # Errors
            /// The registry already has a metric of one of these names.
            $struct_visibility fn new(registry: &$crate::Registry) -> $crate::Result<Self> {
                Ok(Self {
                    $(
                        $field: $crate::__register!(
                            $Kind $([$($label),+])? $(($buckets))?,
                            $name,
                            // rustdoc keeps the space after `///`; between two lines it separates words.
                            concat!($($help),+).trim(),
                            registry
                        )?,
                    )+
                })
            }
        }
    };
}

/// Creates one metric with prometheus' own registration macros.
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    (IntCounter, $name:expr, $help:expr, $registry:ident) => {
        $crate::prometheus::register_int_counter_with_registry!($name, $help, $registry)
    };
    (IntGauge, $name:expr, $help:expr, $registry:ident) => {
        $crate::prometheus::register_int_gauge_with_registry!($name, $help, $registry)
    };
    (Histogram($buckets:expr), $name:expr, $help:expr, $registry:ident) => {
        $crate::prometheus::register_histogram_with_registry!($name, $help, $buckets.to_vec(), $registry)
    };
    (CounterVec[$($label:literal),+], $name:expr, $help:expr, $registry:ident) => {
        $crate::prometheus::register_counter_vec_with_registry!($name, $help, &[$($label),+], $registry)
    };
    (IntCounterVec[$($label:literal),+], $name:expr, $help:expr, $registry:ident) => {
        $crate::prometheus::register_int_counter_vec_with_registry!($name, $help, &[$($label),+], $registry)
    };
    (IntGaugeVec[$($label:literal),+], $name:expr, $help:expr, $registry:ident) => {
        $crate::prometheus::register_int_gauge_vec_with_registry!($name, $help, &[$($label),+], $registry)
    };
    (HistogramVec[$($label:literal),+]($buckets:expr), $name:expr, $help:expr, $registry:ident) => {
        $crate::prometheus::register_histogram_vec_with_registry!($name, $help, &[$($label),+], $buckets.to_vec(), $registry)
    };
}
