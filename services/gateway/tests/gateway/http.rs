use crate::support::{Gateway, article};
use gateway::{ApiToken, Config};
use std::{io::Read, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

#[tokio::test]
async fn with_a_token_the_api_answers_only_who_sends_it() {
    let token = Arc::new(ApiToken::new("correct-horse-battery").unwrap());
    let gateway = Gateway::start(Config { token: Some(token), ..Config::default() }).await;
    for path in ["/v1/articles", "/v1/stream", "/v1/pulse", "/v1/articles/x"] {
        let refused = gateway.get(path).await;
        assert_eq!(refused.status, 401, "{path}");
        assert!(refused.head.contains("www-authenticate: bearer"), "{}", refused.head);
        assert_eq!(gateway.get_with(path, "Authorization: Bearer wrong-horse-battery\r\n").await.status, 401, "{path}");
    }
    let header = "Authorization: bearer correct-horse-battery\r\n";
    assert_eq!(gateway.get_with("/v1/articles", header).await.status, 200);
    drop(gateway.follow("/v1/stream", header).await);
    // The page asks for the token; the description says that one is needed.
    assert_eq!(gateway.get("/").await.status, 200);
    let description = gateway.get("/v1/openapi.json").await.json();
    assert_eq!(description["components"]["securitySchemes"]["token"]["scheme"], "bearer");
    gateway.stop().await;
}

#[tokio::test]
async fn an_unchanged_list_is_not_sent_again() {
    let gateway = Gateway::start(Config::default()).await;
    gateway.append([article("a", 1)]).await;
    let first = gateway.until("/v1/articles", |answer| answer.ids().len() == 1).await;
    let tag = first.head.lines().find_map(|line| line.strip_prefix("etag: w/")).unwrap().to_owned();
    let header = format!("If-None-Match: \"other\", W/{tag}\r\n");
    let again = gateway.get_with("/v1/articles", &header).await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    gateway.append([article("b", 2)]).await;
    gateway.until("/v1/articles", |answer| answer.ids().len() == 2).await;
    assert_eq!(gateway.get_with("/v1/articles", &header).await.status, 200);
    gateway.stop().await;
}

#[tokio::test]
async fn lists_are_compressed_and_the_stream_is_not() {
    let gateway = Gateway::start(Config::default()).await;
    gateway.append((0..50).map(|number| article(&number.to_string(), number))).await;
    let plain = gateway.until("/v1/articles", |answer| answer.ids().len() == 50).await;
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    client.write_all(b"GET /v1/articles HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n").await.unwrap();
    let mut bytes = Vec::new();
    client.read_to_end(&mut bytes).await.unwrap();
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    assert!(String::from_utf8_lossy(&bytes[..end]).contains("content-encoding: gzip"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(&bytes[end..]).read_to_string(&mut text).unwrap();
    assert_eq!(text, plain.body);
    assert!(bytes.len() * 3 < text.len(), "{} of {}", bytes.len(), text.len());
    drop(gateway.follow("/v1/stream", "Accept-Encoding: gzip\r\n").await);
    gateway.stop().await;
}

#[tokio::test]
async fn every_request_is_measured_by_its_route() {
    let gateway = Gateway::start(Config::default()).await;
    gateway.get("/v1/articles/none").await;
    gateway.get("/v1/articles?x=1").await;
    gateway.get("/v1/nothing").await;
    let metrics = gateway.get_admin("/metrics").await.body;
    for labels in
        [r#"method="GET",route="/v1/articles/{id}",status="4xx""#, r#"method="GET",route="/v1/articles",status="4xx""#]
    {
        assert!(metrics.contains(&format!("newswire_gateway_request_seconds_count{{{labels}}} 1")), "{metrics}");
    }
    gateway.stop().await;
}

/// What they say of the process is not for clients of the API.
#[tokio::test]
async fn metrics_and_probes_are_on_the_admin_address_alone() {
    let gateway = Gateway::start(Config::default()).await;
    for path in ["/metrics", "/healthz", "/readyz"] {
        let public = gateway.get(path).await;
        assert_eq!((public.status, &public.json()["status"]), (404, &404.into()), "{path}");
        assert!(public.head.contains("content-type: application/problem+json"), "{}", public.head);
        assert_eq!(gateway.get_admin(path).await.status, 200, "{path}");
    }
    assert_eq!(gateway.get_admin("/v1/articles").await.status, 404);
    gateway.stop().await;
}

/// Every path of the description answers, and every reference in it leads somewhere.
#[tokio::test]
async fn the_description_is_complete() {
    let gateway = Gateway::start(Config::default()).await;
    let description = gateway.get("/v1/openapi.json").await;
    let json = description.json();
    let schemas = json["components"]["schemas"].as_object().unwrap();
    for reference in description.body.split("\"$ref\":\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
    let paths: Vec<&String> = json["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths.len(), 13);
    for path in paths.iter().filter(|path| !path.contains('{') && path.as_str() != "/v1/stream") {
        assert_eq!(gateway.get(path).await.status, 200, "{path}");
    }
    gateway.stop().await;
}
