//! Which requests carry a feed's credential, and what comes back of it.

use crate::server::{Request, Response, Server};
use poller::{
    credentials::Credential,
    fetch::{self, Client, FetchError, Limits, Validators},
    rate_limit::HostLimiter,
};
use std::{sync::Arc, time::Duration};

const SECRET: &str = "s3cret&token";
const ENCODED: &str = "s3cret%26token";

async fn get(server: &Server, path: &str, credential: Credential) -> Result<fetch::Response, FetchError> {
    let client = Client::new(HostLimiter::new(Duration::ZERO), Limits::default(), true, "").unwrap();
    let origin = server.url("/").origin().ascii_serialization();
    let client = client.with_credential(Some(Arc::new(Credential { origin, ..credential })));
    client.get(&server.url(path), &Validators::default()).await
}

fn parameters() -> Credential {
    Credential { parameters: [("token".to_owned(), SECRET.to_owned())].into(), ..Credential::default() }
}

fn carries(request: &Request) -> bool {
    request.path.contains(ENCODED) || request.headers.values().any(|value| value.contains(SECRET))
}

#[tokio::test]
async fn each_kind_of_credential_is_sent_and_the_answer_holds_none() {
    let server = Server::start(|request| Response::new(200, "<rss/>").with("ETag", &format!("\"{}\"", request.path)));
    let response = get(&server, "/q?a=1&token=***", parameters()).await.unwrap();
    assert_eq!(server.requests(&format!("/q?a=1&token={ENCODED}")).len(), 1);
    assert_eq!(response.final_url, server.url("/q?a=1&token=***"));

    let basic = Credential { username: "me".into(), password: SECRET.into(), ..Credential::default() };
    get(&server, "/basic", basic).await.unwrap();
    assert_eq!(server.requests("/basic")[0].header("authorization"), "Basic bWU6czNjcmV0JnRva2Vu");
    get(&server, "/bearer", Credential { bearer: Some("t0ken".into()), ..Credential::default() }).await.unwrap();
    assert_eq!(server.requests("/bearer")[0].header("authorization"), "Bearer t0ken");
    let headers = [("X-Api-Key".to_owned(), SECRET.to_owned())].into();
    get(&server, "/header", Credential { headers, ..Credential::default() }).await.unwrap();
    assert_eq!(server.requests("/header")[0].header("x-api-key"), SECRET);
    let missing = get(&server, "/q?token=***", Credential::default()).await.unwrap_err();
    assert!(matches!(missing, FetchError::Credentials(_)) && missing.to_string().contains("\"token\""), "{missing}");
}

#[tokio::test]
async fn a_redirect_to_another_origin_carries_no_credential() {
    let other = Server::start(|_| Response::new(200, "<rss/>"));
    let (plain, secret) = (other.url("/plain").to_string(), other.url(&format!("/?token={ENCODED}")).to_string());
    let server = Server::start(move |request| match request.path.split('?').next().unwrap_or_default() {
        "/plain" => Response::new(302, "").with("Location", &plain),
        "/secret" => Response::new(302, "").with("Location", &secret),
        "/within" => Response::new(302, "").with("Location", &format!("/end?token={ENCODED}")),
        _ => Response::new(200, "<rss/>"),
    });
    let with = || Credential { username: "me".into(), password: SECRET.into(), ..parameters() };
    assert_eq!(get(&server, "/plain?token=***", with()).await.unwrap().final_url, other.url("/plain"));
    assert_eq!(other.requests("/plain")[0].header("authorization"), "");
    let refused = get(&server, "/secret?token=***", with()).await.unwrap_err().to_string();
    assert!(refused.contains("would carry the feed's credentials") && !refused.contains("s3cret"), "{refused}");
    assert!(
        other.requests("/plain").iter().all(|request| !carries(request)) && other.count() == 2,
        "robots.txt and the feed"
    );
    let within = get(&server, "/within?token=***", with()).await.unwrap();
    assert_eq!(within.final_url, server.url("/end?token=***"));
    assert!(!server.requests(&format!("/end?token={ENCODED}"))[0].header("authorization").is_empty());
}

#[tokio::test]
async fn a_redirect_leads_to_its_target_also_where_the_target_repeats_a_secret() {
    // The host's name as password: not a secret, but nothing prevents it.
    for password in ["127.0.0.1", "repeated-in-the-path"] {
        let server = Server::start(|request| match request.path.as_str() {
            "/old" => Response::new(301, "").with("Location", "/repeated-in-the-path/new"),
            _ => Response::new(200, "<rss/>"),
        });
        let credential = Credential { username: "me".into(), password: password.into(), ..Credential::default() };
        assert_eq!(get(&server, "/old", credential).await.unwrap().status, 200, "{password}");
        assert_eq!(server.requests("/repeated-in-the-path/new").len(), 1, "{password}");
    }
    let server = Server::start(|_| Response::new(302, "").with("Location", "/repeated-in-the-path"));
    let credential = Credential { bearer: Some("repeated-in-the-path".into()), ..Credential::default() };
    let error = get(&server, "/", credential).await.unwrap_err().to_string();
    assert!(error.contains("redirects") && !error.contains("repeated"), "{error}");
}

#[tokio::test]
async fn an_error_shows_no_secret() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => Response::new(404, ""),
        _ => Response::new(200, "<rss/>").missing(100),
    });
    let cut = get(&server, "/cut?token=***", parameters()).await;
    assert!(!format!("{cut:?}").contains("s3cret"), "{cut:?}");
    let port = server.url("/").port().unwrap();
    let client = Client::new(HostLimiter::new(Duration::ZERO), Limits::default(), true, "").unwrap();
    server.stop();
    for url in [
        "http://127.0.0.1:PORT/?token=s3cret",
        "http://me:s3cret@127.0.0.1:PORT/",
        "https://127.0.0.1:PORT/?key=s3cret",
    ] {
        let url = url.replace("PORT", &port.to_string()).parse().unwrap();
        let error = client.get(&url, &Validators::default()).await.unwrap_err();
        assert!(!format!("{error:?} {error}").contains("s3cret"), "{error:?}");
    }
}
