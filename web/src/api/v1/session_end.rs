//! Ending a session by hand, whose stop will never come.

use super::{
    caller::Asker,
    etag::{IfMatch, Tagged},
    input::At,
    op::Op,
    problem, record_at,
    sessions::{TAG, find},
};
use crate::{
    WebState,
    api::{
        Problem,
        sessions::{Session, session},
    },
    front::Fail,
};
use axum::{extract::State, http::StatusCode};
use csms::api_key::Scope;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::post("/sessions/{id}/end", "endSession", Scope::Command, end)
            .says(
                TAG,
                "End a session whose stop will never come, as of its last message, and bill it. The station is asked nothing: \
                 the command `stop` ends charging",
            )
            .guarded()
            .answers::<Session>(StatusCode::OK, "It has ended")
            .tagged()
            .problem(StatusCode::CONFLICT, "It has ended already"),
    ]
}

async fn end(
    State(state): State<WebState>,
    asker: Asker,
    meant: IfMatch,
    At(number): At<String>,
) -> Result<Tagged<Session>, Problem> {
    let row = find(&state, &number).await?;
    let over = || problem::conflict("session-ended", "The session has ended; read it, and its bill");
    if row.state != "open" {
        return Err(over());
    }
    meant.check(&session(row.clone()))?;
    let now = state.app.clock.now();
    let desk = state.app.desk(&row.station_id.as_str().into());
    if desk.give_up(Some(row.id), now).await.map_err(Fail::from)? == 0 {
        return Err(over());
    }
    let mut tx = state.app.db.write().await?;
    record_at(&state, &mut tx, &row.station_id, "session.ended_by_hand", &asker).await?;
    tx.commit().await?;
    Ok(Tagged(session(find(&state, &number).await?)))
}
