//! Responses with a list: all of it is in memory, and a request gets one page or one part of it.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::object::{Object, Page, Part, Totals};
use super::query::Query;
use crate::http::error::ApiError;
use crate::http::response::management_json;

/// A list in memory: the name of its items, and the place of the totals.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    pub(super) name: &'static str,
    pub(super) totals: Totals,
}

impl List {
    /// Responds with a page, selected by `page` and `per_page`: an array, or with `include_totals` an object.
    ///
    /// # Errors
    /// [`ApiError::Query`] and [`ApiError::Paging`]. The list must be able to serialize.
    pub(super) fn page<T: Serialize>(self, query: &Query, items: &[T]) -> Result<Response, ApiError> {
        let page = query.page()?;
        let shown = items.iter().skip(page.start as usize).take(page.limit as usize);
        let shown = shown.map(Object::of).collect::<Result<Vec<_>, _>>()?;
        self.respond(query, &shown, items.len() as u64)
    }

    /// Responds with the items of a page that were read already, out of `total`.
    pub(super) fn respond(self, query: &Query, items: &[Object], total: u64) -> Result<Response, ApiError> {
        let page = query.page()?;
        if !page.totals {
            return Ok(management_json(StatusCode::OK, &items));
        }
        let (name, totals) = (self.name, self.totals);
        let page = Page { name, items, start: page.start, limit: page.limit, total, totals };
        Ok(management_json(StatusCode::OK, &page))
    }

    /// Responds with the part after a checkpoint. `id` returns the checkpoint of an item.
    ///
    /// # Errors
    /// [`ApiError::Query`].
    pub(super) fn part<T: Serialize>(
        self,
        query: &Query,
        items: &[T],
        id: impl Fn(&T) -> &str,
    ) -> Result<Response, ApiError> {
        let checkpoint = query.checkpoint()?.unwrap_or_default();
        let first = checkpoint.from.map_or(Some(0), |from| items.iter().position(|one| id(one) == from));
        let first = first.ok_or_else(|| checkpoint.unknown())?;
        let end = items.len().min(first + checkpoint.take as usize);
        let shown = items[first..end].iter().map(Object::of).collect::<Result<Vec<_>, _>>()?;
        let next = items.get(end).map(id);
        Ok(management_json(StatusCode::OK, &Part { name: self.name, items: &shown, next }))
    }

    /// Responds with the part after a checkpoint if the request has `from` or `take`, else as [`List::page`]. `fields`
    /// selects the keys of the items, of which `always` stay. `id` returns the checkpoint of an item.
    ///
    /// # Errors
    /// As [`List::page`].
    pub(super) fn part_or_page<T: Serialize>(
        self,
        query: &Query,
        items: &[T],
        id: impl Fn(&T) -> &str,
        always: &[&str],
    ) -> Result<Response, ApiError> {
        let (fields, page, checkpoint) = (query.fields()?, query.page()?, query.checkpoint()?);
        let (start, limit) = match checkpoint {
            None => (page.start as usize, page.limit as usize),
            Some(checkpoint) => {
                let first =
                    checkpoint.from.map_or(Some(0), |from| items.iter().position(|one| id(one) == from));
                (first.ok_or_else(|| checkpoint.unknown())?, checkpoint.take as usize)
            }
        };
        let shown = items.iter().skip(start).take(limit);
        let shown = shown.map(|item| Ok(Object::of(item)?.with_fields(&fields, always)));
        let shown = shown.collect::<Result<Vec<_>, ApiError>>()?;
        if checkpoint.is_none() {
            return self.respond(query, &shown, items.len() as u64);
        }
        let next = items.get(start + limit).map(id);
        Ok(management_json(StatusCode::OK, &Part { name: self.name, items: &shown, next }))
    }
}
