"""Paging: from the application's pages to AppFlow's.

The two are never the same size. AppFlow's page ends by a number of records, by bytes or by time, perhaps in the middle of a page of
the application. :class:`Paging` asks page after page, hands each to the host, and when the page is full answers with a token that
says where the application's page begins, how large it was, and how many of its records were taken. The token is self-contained:
nothing is kept between calls.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Union

from . import page, token
from .errors import RequestTimeout, ServerError, Unsupported
from .filters import Condition
from .http import Response, resolve
from .requests import Pick, QueryRequest
from .requests import picks as picks_of
from .values import ABSENT, value_at

DEFAULT_PAGE_SIZE = 1000
_TIME_RESERVE_MILLIS = 1000
"""Milliseconds that must be left for a further request, beside twice the time of the slowest one so far."""

Place = Union[str, int, None]
"""A place in the application's data: a link or cursor, none at the beginning; an offset or page number."""


@dataclass(frozen=True)
class At:
    """Where to read: what the function that sends the request is told."""

    place: Place
    size: int
    """Records to ask for."""
    first: int = 0

    @property
    def cursor(self) -> str | None:
        """The cursor of the page, none for the first one."""
        return self.place if isinstance(self.place, str) else None

    @property
    def number(self) -> int:
        """The offset of the page's first record, or the page's number."""
        return self.place if isinstance(self.place, int) else 0

    def url(self, first: str) -> str:
        """The address of the page: the link as the application gave it, resolved against the first page's address, which is
        the one given here. For the first page it is that address."""
        return first if self.cursor is None else resolve(first, self.cursor)

    @property
    def is_first(self) -> bool:
        """Whether this is the first page."""
        return self.place is None or self.place == self.first


@dataclass(frozen=True)
class Next:
    """How the application says where its next page is. Made by :meth:`link`, :meth:`cursor` and the functions beside them."""

    kind: str
    pointer: str = ""
    find: Callable[[Response, At], str | None] | None = None
    first: int = 0
    more_at: str | None = None
    """There are more pages only while the value at this JSON pointer is true."""
    total_at: str | None = None
    """The number of all records is at this JSON pointer."""
    short_page_ends: bool = False
    """A page with fewer records than asked for is the last one. Say so only of an application that never caps pages: where it
    does, records would be missed."""

    @classmethod
    def link(cls, pointer: str, **options: Any) -> Next:
        """A link at a JSON pointer, absolute or relative, for :meth:`At.url`; absent, null or empty at the end."""
        return cls("link", pointer, **options)

    @classmethod
    def link_header(cls, **options: Any) -> Next:
        """The link with ``rel="next"`` in the ``Link`` header (RFC 8288), for :meth:`At.url`."""
        return cls("header", **options)

    @classmethod
    def cursor(cls, pointer: str, **options: Any) -> Next:
        """A cursor at a JSON pointer, for :attr:`At.cursor`; absent, null or empty at the end."""
        return cls("cursor", pointer, **options)

    @classmethod
    def found_by(cls, find: Callable[[Response, At], str | None], **options: Any) -> Next:
        """A cursor or link of any other kind, found by a function, such as the identifier of a page's last record. The
        function runs before the records are handed over, which uses the answer up."""
        return cls("custom", find=find, **options)

    @classmethod
    def offset(cls, **options: Any) -> Next:
        """An offset, for :attr:`At.number`: it ends at the total if the application tells one (``total_at``), or else at an
        empty page."""
        return cls("offset", **options)

    @classmethod
    def page_number(cls, first: int = 1, **options: Any) -> Next:
        """A page number, for :attr:`At.number`; it ends as :meth:`offset` does. The page size stays the same over all pages."""
        return cls("number", first=first, **options)

    @property
    def is_counted(self) -> bool:
        """Whether places are numbers."""
        return self.kind in ("offset", "number")

    @property
    def first_place(self) -> Place:
        """Where reading begins."""
        return self.first if self.is_counted else None

    def look_ahead(self, response: Response, at: At) -> _Ahead:
        """What an answer says about the pages after it, read before its records, which use it up."""
        text: str | None = None
        if self.kind in ("link", "cursor"):
            text = response.text_at(self.pointer)
        elif self.kind == "header":
            text = response.links.get("next")
        elif self.find is not None:
            text = self.find(response, at)
        more = None if self.more_at is None else response.text_at(self.more_at) == "true"
        total = None if self.total_at is None else response.text_at(self.total_at)
        return _Ahead(text or None, more, int(total) if total and total.isdigit() else None)

    def after(self, at: At, ahead: _Ahead, count: int) -> Place:
        """The place of the page after one that was taken to its end, none if there is no more; ``count`` is the number of
        records on it."""
        if ahead.more is False or self.short_page_ends and count < at.size:
            return None
        if not self.is_counted:
            return ahead.text
        place = at.number + (count if self.kind == "offset" else 1)
        before = place if self.kind == "offset" else (place - self.first) * at.size
        # An application that says there is more, or how many there are, and gives none would be asked for ever.
        if count == 0 or ahead.total is not None and before >= ahead.total:
            return None
        return place


@dataclass(frozen=True)
class _Ahead:
    text: str | None
    more: bool | None
    total: int | None


@dataclass
class _State:
    """What one call hands to the next."""

    place: Place
    skip: int = 0
    """Records of the application's page at ``place`` that were taken before."""
    size: int | None = None
    """Size of that page, if it must be asked for in the same size: when it was cut, or pages are numbered."""
    cap: int | None = None
    """Largest page worth asking for, learnt from one that was cut by bytes."""
    done: int = 0
    """Records taken in all calls, for a filter's LIMIT."""

    @classmethod
    def resume(cls, request: QueryRequest, next_page: Next) -> _State:
        if request.token is None:
            return cls(next_page.first_place)
        parts = token.decode(request.token)
        if len(parts) != 7 or parts[0] != next_page.kind or parts[1] != request.entity:
            raise token.invalid()
        place: Place = _number(parts[2]) if next_page.is_counted else parts[2] or None
        size, cap = (_number(part) if part else None for part in parts[4:6])
        if size == 0 or cap == 0:
            raise token.invalid()
        return cls(place, _number(parts[3]), size, cap, _number(parts[6]))

    def token(self, request: QueryRequest, next_page: Next) -> str:
        place, size, cap = ("" if value is None else str(value) for value in (self.place, self.size, self.cap))
        return token.encode(next_page.kind, request.entity, place, str(self.skip), size, cap, str(self.done))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise token.invalid()
    return int(text)


class Paging:
    """Reads an entity page by page.

    ``records`` is where the array of records is, a JSON pointer such as ``/data``, the whole body if empty. ``picks`` are the fields
    of the records (see :meth:`QueryRequest.picks`), without which they stay as they are. ``page_size`` is the application's
    largest page; smaller ones are asked for where fewer records are wanted.

    A request with a condition is refused, since ignoring one would read too many records, unless ``filtered`` says that the
    requests ask the application for such records only, or ``check`` has the condition that each record is put to.

    .. code-block:: python

        paging = Paging(request, records="/data", picks=request.picks(["id", "name"]), page_size=200)
        return paging.follow(Next.cursor("/next_cursor"), lambda at: api.get("items", params={"limit": at.size, "cursor": at.cursor}))
    """

    def __init__(
        self,
        request: QueryRequest,
        *,
        records: str = "",
        picks: Sequence[Pick] | Mapping[str, str] = (),
        page_size: int = DEFAULT_PAGE_SIZE,
        filtered: bool = False,
        check: Condition | None = None,
        convert: Callable[[dict[str, Any]], Mapping[str, Any]] | None = None,
    ) -> None:
        self._request = request
        self._pointer = records
        self._picks_are_all = isinstance(picks, Mapping)
        self._picks = picks_of(picks) if isinstance(picks, Mapping) else list(picks)
        self._page_size = max(1, page_size)
        self._check = check
        self._convert = convert
        if request.condition is not None and not filtered and check is None:
            raise Unsupported(f"filtering '{request.entity}'")

    def follow(self, next_page: Next, fetch: Callable[[At], Response]) -> str | None:
        """Reads until AppFlow's page is full or the application has no more; returns the token of the next page.

        ``fetch`` sends the request for the place it is given. A status other than 2xx ends the reading with that error; 204 is an
        empty last page.

        With ``check`` or ``convert`` each record passes through the connector. ``convert`` makes the record for AppFlow from the
        application's, and ``check`` is asked of what it made. Without it, ``check`` is asked of the application's record, or of
        the picked fields if ``picks`` is a dict, which names all fields there are.

        :raises InvalidArgument: for a token that is not of this entity and way of paging.
        :raises ServerError: if the application's next page is one already read.
        :raises RequestTimeout: if not even one record could be taken.
        """
        state = _State.resume(self._request, next_page)
        seen: set[Place] = set()
        slowest = 0
        progress = False
        while True:
            before = page.room()
            size = self._size_to_ask(state, next_page, before)
            if size is None:
                return None
            at = At(state.place, size, next_page.first)
            if at.place in seen:
                raise ServerError("the application's next page is one that was read already; stopped, as it would never end")
            seen.add(at.place)
            with fetch(at) as response:
                response.raise_for_status()
                if response.status_code == 204:
                    return None
                ahead = next_page.look_ahead(response, at)
                emitted, passed = self._hand_over(response, state)
            state.done += passed
            after = page.room()
            if self._wanted(state) == 0:
                return None
            if emitted.left > 0:
                if emitted.taken == 0 and not progress:
                    raise RequestTimeout("no record could be taken in the time there was")
                # Too many bytes for one answer: ask for no more than did fit next time.
                if after.records_left > 0 and after.millis_left > 0 and not progress:
                    state.cap = max(1, emitted.taken)
                if next_page.kind == "offset":
                    state.place = at.number + emitted.taken
                else:
                    state.skip += emitted.taken
                    state.size = size
                return state.token(self._request, next_page)
            progress = True
            place = next_page.after(at, ahead, emitted.total)
            if place is None:
                return None
            size_kept = size if next_page.is_counted and state.size is not None else None
            state = replace(state, place=place, skip=0, size=size_kept)
            slowest = max(slowest, before.millis_left - after.millis_left)
            if not self._worth_another(next_page, before, after, emitted.total, slowest) and place not in seen:
                return state.token(self._request, next_page)

    def emit(self, records: Iterable[page.Record]) -> str | None:
        """Emits records that are all at hand, of an application that does not page or does not speak JSON. Each call makes them
        again, in the same order, and goes on after the ones that came before.

        :raises InvalidArgument: for a token that is not of this entity, or a record that is not one JSON object.
        """
        done = 0
        if self._request.token is not None:
            parts = token.decode(self._request.token)
            if len(parts) != 3 or parts[:2] != ["all", self._request.entity]:
                raise token.invalid()
            done = _number(parts[2])
        limit = self._request.total_limit
        batch = page.Batch()
        pushed = 0
        refused = False
        index = 0
        for record in records:
            made = self._made(record)
            if made is None:
                continue
            if limit is not None and index >= limit:
                break
            index += 1
            if index <= done:
                continue
            pushed += 1
            if not batch.push(made):
                refused = True
                break
        taken = batch.finish()
        if taken == pushed and not refused:
            return None
        if taken == 0:
            raise RequestTimeout("no record could be taken in the time there was")
        return token.encode("all", self._request.entity, str(done + taken))

    def _made(self, record: page.Record) -> page.Record | None:
        """The record for AppFlow, none if it does not meet the condition."""
        if self._check is None and self._convert is None:
            return record
        data: Any = json.loads(record) if isinstance(record, str) else record
        if self._convert is not None:
            data = self._convert(data)
        elif self._picks_are_all:
            data = self._picked(data)
        if self._check is not None and not self._check.matches(data):
            return None
        if self._convert is None and self._picks and not self._picks_are_all:
            return self._picked(data)
        return self._request.only(data)

    def _picked(self, record: Any) -> dict[str, Any]:
        values = {pick.name: value_at(record, pick.pointer) for pick in self._picks}
        return {name: value for name, value in values.items() if value is not ABSENT}

    def _wanted(self, state: _State) -> int | None:
        """Records still wanted, where a filter's LIMIT says so."""
        limit = self._request.total_limit
        return None if limit is None else max(0, limit - state.done)

    def _size_to_ask(self, state: _State, next_page: Next, room: page.Space) -> int | None:
        """Records to ask for; none if all that are wanted have been read."""
        wanted = self._wanted(state)
        if wanted == 0:
            return None
        if state.size is not None:
            return state.size
        size = min(self._page_size, state.cap or self._page_size)
        if self._check is None:
            # Where records are left out after the fetch, nobody knows how many must be read.
            size = min(size, max(1, room.records_left), size if wanted is None else wanted)
        if next_page.kind == "number":
            # Numbered pages begin at multiples of their size.
            state.size = size
        return size

    def _hand_over(self, response: Response, state: _State) -> tuple[page.Emitted, int]:
        """Hands the records of an answer to the host, but no more of them than a filter's LIMIT still allows. Gives what became
        of the array, and how many records of it are in the page."""
        wanted = self._wanted(state)
        if self._check is not None or self._convert is not None:
            return self._hand_over_made(response, state.skip, wanted)
        if wanted is not None:
            end = state.skip + wanted
            if response.json_at(f"{self._pointer}/{end}") is not None:
                return self._hand_over_some(response, state.skip, end)
        emitted = page.emit_json(response, self._pointer, self._picks, state.skip)
        return emitted, emitted.taken

    def _hand_over_made(self, response: Response, skip: int, wanted: int | None) -> tuple[page.Emitted, int]:
        """Takes the records of an answer through the connector."""
        text = response.json_at(self._pointer)
        records = json.loads(text) if text is not None else None
        if not isinstance(records, list):
            raise ServerError("the application's answer has no array of records where it should be")
        batch = page.Batch()
        places: list[int] = []
        for index in range(skip, len(records)):
            if not isinstance(records[index], dict):
                raise ServerError("a record of the application's answer is no JSON object")
            made = self._made(records[index])
            if made is None:
                continue
            if wanted is not None and len(places) >= wanted:
                break
            places.append(index)
            if not batch.push(made):
                break
        taken = batch.finish()
        # The first record that found no room, or the end: what was left out before it needs no second look.
        reached = places[taken] if taken < len(places) else len(records)
        return page.Emitted(reached - skip, len(records) - reached, len(records), "{}"), taken

    def _hand_over_some(self, response: Response, skip: int, end: int) -> tuple[page.Emitted, int]:
        """Emits the records of an answer from one place to another, one by one."""
        taken = 0
        for index in range(skip, end):
            record = response.json_at(f"{self._pointer}/{index}")
            if record is None:
                raise ServerError("a record of the application's answer is missing")
            if self._picks:
                fields = []
                for pick in self._picks:
                    value = response.json_at(f"{self._pointer}/{index}{pick.pointer}")
                    if value is not None:
                        fields.append(f"{json.dumps(pick.name, ensure_ascii=False)}:{value}")
                record = "{" + ",".join(fields) + "}"
            if not page.emit(record):
                break
            taken += 1
        return page.Emitted(taken, end - skip - taken, end, ""), taken

    def _worth_another(self, next_page: Next, before: page.Space, after: page.Space, total: int, slowest: int) -> bool:
        """Whether the page has room for one more page of the application, as far as the last one tells."""
        if after.records_left == 0 or after.bytes_left == 0:
            return False
        if after.millis_left < 2 * slowest + _TIME_RESERVE_MILLIS:
            return False
        # A page that will be cut is fetched again by the next call, so rather end the page early.
        if self._check is None and next_page.kind in ("link", "header", "number") and after.records_left < total:
            return False
        return after.bytes_left >= before.bytes_left - after.bytes_left
