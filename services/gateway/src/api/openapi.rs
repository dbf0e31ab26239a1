//! `GET /v1/openapi.json`: the description of the API, made from the table of its paths, the table of parameters, the types of its
//! answers, and the contract.

use super::{
    articles::Revisions,
    counts::{Countries, Entities, EntityPage, Languages, Publishers},
    error::ApiError,
    feeds::{Coverage, FeedPage},
    parameters::{AFTER, Form, MAX_POSITION, MAX_TAG, MAX_VALUE, Parameter},
    pulse::Pulse,
    query::Endpoint,
    trends::Trends,
};
use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

/// A path of the API.
struct Route {
    path: &'static str,
    endpoint: Endpoint,
    summary: &'static str,
    /// What the last part of the path is, if it is one.
    part: Option<(&'static str, &'static str)>,
    answer: fn(&mut Schemas) -> Value,
}

/// Schemas by name.
type Schemas = Vec<(String, RefOr<Schema>)>;

/// A reference to the schema of a type, which is added with those that it refers to.
fn of<T: ToSchema + PartialSchema>(schemas: &mut Schemas) -> Value {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
    json!({"$ref": format!("#/components/schemas/{}", T::name())})
}

fn contract(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn article_list(_: &mut Schemas) -> Value {
    json!({
        "type": "object",
        "required": ["articles", "next", "position"],
        "properties": {
            "articles": {"type": "array", "items": {"anyOf": [contract("EnrichedArticle"), brief()]}},
            "next": {"type": "string", "description": "The cursor of the next page; empty on the last one."},
            "position": {"type": "string", "description": "Where the stream continues from this list."},
        },
    })
}

/// The brief view: some fields of the contract's message.
fn brief() -> Value {
    json!({
        "type": "object",
        "description": "An article without its text, in at most 2 kB. Fields are those of EnrichedArticle; entities have a key.",
        "required": ["article_id", "revision", "enrichment", "change", "title", "summary", "entities", "countries", "truncated"],
        "properties": {
            "article_id": {"type": "string"},
            "revision": {"type": "integer"},
            "enrichment": {"type": "integer"},
            "change": {"type": "string"},
            "title": {"type": "string"},
            "summary": {"type": "string"},
            "entities": {"type": "array", "items": {"type": "object", "required": ["key", "type", "name"]}},
            "countries": {"type": "array", "items": {"type": "object", "required": ["code", "name", "role"]}},
            "truncated": {"type": "boolean", "description": "True if something was cut or left out."},
        },
    })
}

const ROUTES: [Route; 12] = [
    Route { path: "/v1/articles", endpoint: Endpoint::List, summary: "Articles", part: None, answer: article_list },
    Route {
        path: "/v1/articles/{id}",
        endpoint: Endpoint::Plain,
        summary: "One article",
        part: Some(("id", "Article id.")),
        answer: |_| contract("EnrichedArticle"),
    },
    Route {
        path: "/v1/articles/{id}/revisions",
        endpoint: Endpoint::Plain,
        summary: "The versions of an article that this gateway has read",
        part: Some(("id", "Article id.")),
        answer: of::<Revisions>,
    },
    Route {
        path: "/v1/countries",
        endpoint: Endpoint::Countries,
        summary: "Articles by country",
        part: None,
        answer: of::<Countries>,
    },
    Route {
        path: "/v1/entities",
        endpoint: Endpoint::Ranking,
        summary: "Articles by entity",
        part: None,
        answer: of::<Entities>,
    },
    Route {
        path: "/v1/entities/{key}",
        endpoint: Endpoint::Filtered,
        summary: "An entity and what its articles have in common",
        part: Some(("key", "The entity's key, as `/v1/entities` lists it.")),
        answer: of::<EntityPage>,
    },
    Route {
        path: "/v1/publishers",
        endpoint: Endpoint::Ranking,
        summary: "Articles by publisher",
        part: None,
        answer: of::<Publishers>,
    },
    Route {
        path: "/v1/languages",
        endpoint: Endpoint::Filtered,
        summary: "Articles by language",
        part: None,
        answer: of::<Languages>,
    },
    Route {
        path: "/v1/trends",
        endpoint: Endpoint::Trends,
        summary: "Counts over time, and what rises",
        part: None,
        answer: of::<Trends>,
    },
    Route {
        path: "/v1/feeds",
        endpoint: Endpoint::Feeds,
        summary: "Feeds and their health, the worst first",
        part: None,
        answer: of::<FeedPage>,
    },
    Route {
        path: "/v1/coverage",
        endpoint: Endpoint::Plain,
        summary: "Which countries are covered, and what is missing",
        part: None,
        answer: of::<Coverage>,
    },
    Route {
        path: "/v1/pulse",
        endpoint: Endpoint::Plain,
        summary: "How the pipeline does",
        part: None,
        answer: of::<Pulse>,
    },
];

/// The document (OpenAPI 3.1).
///
/// # Errors
/// If a schema cannot be written as JSON.
pub(super) fn document(has_token: bool) -> serde_json::Result<Value> {
    let mut schemas: Schemas = Vec::new();
    let mut paths = Map::new();
    for route in &ROUTES {
        let answer = (route.answer)(&mut schemas);
        let ok = json!({
            "description": "What was asked for.",
            "content": {"application/json": {"schema": answer}},
        });
        paths.insert(
            route.path.to_owned(),
            json!({"get": operation(route.summary, &parameters(route), &ok, has_token)}),
        );
    }
    let stream = json!({
        "description": "Server-sent events (WHATWG HTML, section 9.2). The data of a message is one article; its id is the position \
                        after it. An event named `lagged` tells how many were missed.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    });
    let listed: Vec<Value> = Endpoint::Stream.parameters().iter().map(parameter).collect();
    paths.insert(
        "/v1/stream".to_owned(),
        json!({"get": operation("Articles as they arrive", &listed, &stream, has_token)}),
    );
    let mut components = proto::schema::of_messages()?;
    if let Some(all) = components.as_object_mut() {
        // Only what the answers refer to, or messages refer to in turn.
        all.retain(|name, _| {
            ["EnrichedArticle", "FeedHealth", "Poll", "Entity", "Country", "Evidence", "Mention", "Media"]
                .contains(&name.as_str())
        });
        for (name, schema) in schemas {
            all.insert(name, serde_json::to_value(schema)?);
        }
        all.insert("Problem".to_owned(), serde_json::to_value(ApiError::schema())?);
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "newswire",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Enriched news articles of a window of time, counts over them, and the feeds they come from.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": components},
    });
    if has_token {
        document["components"]["securitySchemes"] = json!({"token": {"type": "http", "scheme": "bearer"}});
    }
    Ok(document)
}

fn operation(summary: &str, parameters: &[Value], ok: &Value, has_token: bool) -> Value {
    let problem = |description: &str| {
        json!({
            "description": description,
            "content": {"application/problem+json": {"schema": contract("Problem")}},
        })
    };
    let mut operation = json!({
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": ok,
            "304": {"description": "The client's copy is still right."},
            "400": problem("A parameter is unknown or its value is wrong."),
            "404": problem("There is no such thing in the window."),
            "503": problem("A limit is reached; try again after `Retry-After`."),
        },
    });
    if has_token {
        operation["security"] = json!([{"token": []}]);
        operation["responses"]["401"] = problem("The token is missing or wrong.");
    }
    operation
}

fn parameters(route: &Route) -> Vec<Value> {
    let part = route.part.map(|(name, description)| {
        json!({"name": name, "in": "path", "required": true, "description": description,
               "schema": {"type": "string", "minLength": 1}})
    });
    part.into_iter().chain(route.endpoint.parameters().iter().map(parameter)).collect()
}

fn parameter(parameter: &Parameter) -> Value {
    let schema = match parameter.form {
        Form::Text if parameter.name == AFTER.name => json!({"type": "string", "maxLength": MAX_POSITION}),
        // Values may hold any character but a comma, so that a list of them is no array whose items have a pattern.
        Form::Text | Form::List => json!({"type": "string", "maxLength": MAX_VALUE}),
        Form::Cursor(pattern) => json!({"type": "string", "pattern": pattern, "maxLength": MAX_VALUE}),
        Form::Codes(longest) => {
            // Empty values are left out.
            let pattern = format!("^([A-Za-z]{{2,{longest}}})?$");
            json!({"type": "array", "items": {"type": "string", "pattern": pattern}, "maxItems": parameter.form.most()})
        }
        Form::Tags => {
            let item = json!({"type": "string", "pattern": "^[A-Za-z0-9-]*$", "maxLength": MAX_TAG});
            json!({"type": "array", "items": item, "maxItems": parameter.form.most()})
        }
        Form::OneOf(values) => json!({"type": "string", "enum": values}),
        Form::SomeOf(values) => {
            let allowed = [values, &[""]].concat();
            let item = json!({"type": "string", "enum": allowed});
            json!({"type": "array", "items": item, "maxItems": parameter.form.most()})
        }
        Form::Number(least, most, default) => {
            json!({"type": "integer", "minimum": least, "maximum": most, "default": default})
        }
        Form::Time => json!({"type": "string", "format": "date-time"}),
    };
    let description = match parameter.form {
        Form::List => format!("{} Separated by commas.", parameter.description),
        _ => parameter.description.to_owned(),
    };
    let mut value = json!({
        "name": parameter.name, "in": "query", "required": false, "description": description, "schema": schema,
    });
    if matches!(parameter.form, Form::Codes(_) | Form::Tags | Form::SomeOf(_)) {
        // Separated by commas.
        value["explode"] = json!(false);
        value["style"] = json!("form");
    }
    value
}

/// The document as a response.
pub(super) fn response(document: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")], document.to_string())
        .into_response()
}
