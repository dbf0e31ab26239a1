//! What any process needs: config, telemetry, shutdown, admin server. No Kafka, no news.
