//! Who waits, in an order from which anyone can leave.

use super::Order;
use crate::random::below;
use std::collections::{BTreeMap, VecDeque};

/// Names one wait, for whoever gives up.
pub type Ticket = u64;

/// The waiters of one pool. Every operation takes constant or logarithmic time, amortised.
#[derive(Clone, Debug)]
pub(super) enum Waiters<W> {
    /// First come, first served, with gaps where somebody left; the first ticket in it.
    Line { places: VecDeque<Option<W>>, first: Ticket, count: u32 },
    /// Last come, first served.
    Stack { all: BTreeMap<Ticket, W>, next: Ticket },
    /// Served by chance, with the place of each ticket.
    Crowd { all: Vec<(Ticket, W)>, places: BTreeMap<Ticket, usize>, next: Ticket },
}

impl<W> Waiters<W> {
    pub(super) fn new(order: Order) -> Self {
        match order {
            Order::Fifo | Order::Barging => Self::Line { places: VecDeque::new(), first: 0, count: 0 },
            Order::Lifo => Self::Stack { all: BTreeMap::new(), next: 0 },
            Order::Random => Self::Crowd { all: Vec::new(), places: BTreeMap::new(), next: 0 },
        }
    }

    #[inline]
    pub(super) fn len(&self) -> u32 {
        match self {
            Self::Line { count, .. } => *count,
            Self::Stack { all, .. } => all.len() as u32,
            Self::Crowd { all, .. } => all.len() as u32,
        }
    }

    pub(super) fn push(&mut self, who: W) -> Ticket {
        match self {
            Self::Line { places, first, count } => {
                places.push_back(Some(who));
                *count += 1;
                *first + places.len() as u64 - 1
            }
            Self::Stack { all, next } => {
                *next += 1;
                all.insert(*next, who);
                *next
            }
            Self::Crowd { all, places, next } => {
                *next += 1;
                places.insert(*next, all.len());
                all.push((*next, who));
                *next
            }
        }
    }

    /// Who is served next; `luck` decides where chance does.
    pub(super) fn pop(&mut self, luck: u64) -> Option<W> {
        match self {
            Self::Line { places, first, count } => loop {
                let place = places.pop_front()?;
                *first += 1;
                if let Some(who) = place {
                    *count -= 1;
                    return Some(who);
                }
            },
            Self::Stack { all, .. } => all.pop_last().map(|(_, who)| who),
            Self::Crowd { all, places, .. } => {
                let place = below(luck, all.len() as u32) as usize;
                let ticket = all.get(place)?.0;
                Some(swap_out(all, places, ticket, place))
            }
        }
    }

    /// Leave by ticket; `None` when it has been served.
    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<W> {
        match self {
            Self::Line { places, first, count } => {
                let place = usize::try_from(ticket.checked_sub(*first)?).ok()?;
                let who = places.get_mut(place)?.take()?;
                *count -= 1;
                while let Some(None) = places.front() {
                    places.pop_front();
                    *first += 1;
                }
                Some(who)
            }
            Self::Stack { all, .. } => all.remove(&ticket),
            Self::Crowd { all, places, .. } => {
                let place = *places.get(&ticket)?;
                Some(swap_out(all, places, ticket, place))
            }
        }
    }
}

fn swap_out<W>(all: &mut Vec<(Ticket, W)>, places: &mut BTreeMap<Ticket, usize>, ticket: Ticket, place: usize) -> W {
    places.remove(&ticket);
    let (_, who) = all.swap_remove(place);
    if let Some((moved, _)) = all.get(place) {
        places.insert(*moved, place);
    }
    who
}
