//! Two runs in one process at one time.

use super::*;

/// One run, with the events it told, ended early where it is asked to after so many of its steps.
async fn run(fixture: &Fixture, name: &str, stop_after: Option<usize>) -> (Receipt, Vec<RunEvent>) {
    let new = NewRun { run: RunId::new(name).unwrap(), ..new_run(&fixture.plan) };
    let journal = Journal::create(&fixture.journal(), &new).unwrap();
    let (handle, stop) = stop_signal();
    let mut events: Vec<RunEvent> = Vec::new();
    let mut sink = |event: RunEvent| {
        events.push(event);
        let ended = events.iter().filter(|event| matches!(event.event, Event::StepEnded { .. })).count();
        if stop_after.is_some_and(|after| ended >= after) {
            handle.stop();
        }
    };
    let receipt = drive(fixture.request(journal), &now, stop, &mut sink).await.unwrap();
    (receipt, events)
}

fn of_its_own(fixture: &Fixture, name: &str, receipt: &Receipt, events: &[RunEvent]) {
    assert_eq!(receipt.run.as_str(), name);
    for (place, event) in (1..).zip(events) {
        assert_eq!((event.run.as_str(), event.seq), (name, place), "{event:?}");
    }
    let mut progress = crate::progress::Progress::begin(&events[0]).unwrap();
    events[1..].iter().for_each(|event| progress.apply(event).unwrap());
    assert_eq!(progress.counts(), receipt.counts);
    let status = JournalReader::new(&fixture.journal()).status().unwrap();
    assert_eq!((status.run.as_str(), status.steps()), (name, receipt.steps.clone()));
}

#[tokio::test(start_paused = true)]
async fn two_runs_at_once_mix_neither_events_nor_journals_nor_stops() {
    let ((long, long_there), (short, short_there)) = (chains(30), chains(7));
    let (long, short) = (Fixture::new(long, long_there), Fixture::new(short, short_there));
    let (stopped, whole) = tokio::join!(run(&long, "long", Some(4)), run(&short, "short", None));
    of_its_own(&long, "long", &stopped.0, &stopped.1);
    of_its_own(&short, "short", &whole.0, &whole.1);
    assert!(whole.0.complete && whole.0.counts.removed == 21, "{:?}", whole.0.counts);
    assert!(stopped.0.counts.left > 0 && stopped.0.counts.removed >= 4, "{:?}", stopped.0.counts);
    assert!(short.world(|world| world.resources.is_empty()) && long.world(|world| !world.resources.is_empty()));
    // Their calls went side by side: neither had ended before the other began.
    let span = |events: &[RunEvent]| (events[0].at, events[events.len() - 1].at);
    let ((a, b), (c, d)) = (span(&stopped.1), span(&whole.1));
    assert!(a < d && c < b);
}
