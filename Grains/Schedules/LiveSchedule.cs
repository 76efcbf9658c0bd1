using OrleansTasks.Calendars;
using OrleansTasks.Events;
using OrleansTasks.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>
/// One schedule of a queue, and the rules by which its occurrences start, wait, or are skipped. Reads no clock and
/// stores nothing itself; all changes go into the round's draft. Times are Unix milliseconds of the wall clock.
/// </summary>
/// <remarks>
/// <code>
/// a time comes, in time   nothing open, or overlap allow  -> started, or skipped (queue-full)
///                         queueOne, and none waits        -> pending, until nothing is open
///                         otherwise                       -> skipped (overlap)
/// a time comes, in time   in a blackout, and onBlackout skip -> skipped (blackout)
/// a time comes, late      the newest, as many as catchUp allows -> pending; the others -> missed
/// a pause or a change     while a time waits for its jitter -> skipped, unless the new plan has the same time
/// with a watched folder:
/// a time comes            the folder is looked at, unless the time is in a blackout, and onBlackout skip
/// a new file is found     -> pending, until nothing is open, or overlap allow
/// </code>
/// Late means that more than <see cref="SchedulePlan.StartWithin"/> has passed since the occurrence was due with its
/// jitter. The times are examined one after the other, and the row's <see cref="ScheduleRow.NextAt"/> is the first that
/// is not recorded. So every time is recorded once, even across restarts and when a clock is set back. The number of
/// late times is known only at the last of them: until then the newest wait in <see cref="late"/>.
/// </remarks>
internal sealed class LiveSchedule
{
    /// <summary>Number of new rows after which the oldest are trimmed.</summary>
    private const int TrimEvery = 100;

    // How long, in milliseconds, looks at a folder that change nothing leave the position unstored. After a restart,
    // the folder is looked at once more if the position is older.
    private const long LongestUnstored = 60_000;

    // How many times may have passed in that time.
    private const int MostUnstored = (int)(LongestUnstored / 1_000);

    private readonly Queue<long> late = new();
    private readonly Queue<OccurrenceRow> pendingTimes = new();
    private readonly Queue<OccurrenceRow> pendingBackfill = new();
    private readonly Queue<OccurrenceRow> pendingFiles = new();

    // Null if the schedule watches no folder.
    private FolderWatch? watch;

    // The number of the latest look at the folder, its time, and whether its answer is awaited.
    private long look;
    private long lookAt;
    private bool isLooking;

    // When to look again because files are settling; long.MaxValue for not.
    private long lookAgainAt = long.MaxValue;

    // When the next time is due, with its jitter.
    private long nextDueAt;

    // By the id of the task, job or workflow that they started.
    private readonly Dictionary<TaskId, OccurrenceRow> open = [];
    // Null while nothing is expected.
    private LateWatch? lateness;
    private int openBackfills;

    // Whether the queue had no room, so that backfills and files wait for EndRest.
    private bool isResting;

    // The next time to examine: the row's NextAt, or a later one while late times wait to be recorded.
    private long? next;

    // The last row for skipped or missed times, which an adjacent time with the same outcome extends.
    private OccurrenceRow? lastIdle;
    // The first new row after loading trims as well.
    private int rowsSinceTrim = TrimEvery - 1;

    /// <summary>Restores a stored schedule, or begins a new one.</summary>
    /// <exception cref="FormatException">What is stored of its folder cannot be read.</exception>
    public LiveSchedule(ScheduleRow row, SchedulePlan plan, ScheduleTemplate template, FolderRow? folder = null)
    {
        (Row, Plan, Template) = (row, plan, template);
        watch = plan.Files is { } files ? new FolderWatch(files, folder) : null;
        SetNext(row.NextAt == 0 ? null : row.NextAt);
    }

    /// <summary>The row with the round's changes.</summary>
    public ScheduleRow Row { get; private set; }

    public SchedulePlan Plan { get; private set; }

    /// <summary>What an occurrence starts.</summary>
    public ScheduleTemplate Template { get; private set; }

    /// <summary>When to call <see cref="Look"/>; <see cref="long.MaxValue"/> for never.</summary>
    public long DueAt => Row.Paused ? long.MaxValue : Math.Min(nextDueAt, lookAgainAt);

    /// <summary>When to call <see cref="LookLate"/>; <see cref="long.MaxValue"/> for never.</summary>
    public long LateAt => lateness?.Next ?? long.MaxValue;

    /// <summary>The <see cref="LateAt"/> that its owner waits for; <see cref="long.MaxValue"/> for none.</summary>
    public long WatchedLateAt { get; set; } = long.MaxValue;

    /// <summary>Whether a pending occurrence may start now.</summary>
    public bool CanStartPending => CanStartBackfill || CanStartPendingTime || CanStartFile;

    /// <summary>The ids of tasks, jobs and workflows that the schedule started and that have not ended.</summary>
    public IEnumerable<TaskId> Open => open.Keys;

    /// <summary>Whether backfills or files wait for room in a full queue. Ends with <see cref="EndRest"/>.</summary>
    public bool IsResting => isResting && pendingBackfill.Count + pendingFiles.Count > 0;

    /// <summary>Number of backfill times that wait for their start.</summary>
    public int WaitingBackfills => pendingBackfill.Count;

    // A schedule without a next time must not look again after a restart, and a time far away must not come early.
    private bool MustStorePosition => next is not { } at || at - Row.NextAt >= LongestUnstored;

    private bool CanStartBackfill => !isResting && pendingBackfill.Count > 0 && openBackfills < Row.Parallel;

    private bool CanStartFile =>
        !isResting && !Row.Paused && pendingFiles.Count > 0 && (Plan.Overlap == Overlap.Allow || open.Count == 0);

    private bool CanStartPendingTime => pendingTimes.Count > 0 && (Plan.Overlap == Overlap.Allow || open.Count == 0);

    /// <summary>Loads a stored occurrence that is pending or open. Call in the order of the rows' numbers.</summary>
    public void Load(OccurrenceRow row)
    {
        if (row.Outcome == OccurrenceOutcome.Started)
            AddOpen(row);
        else if (row.IsOpen)
            PendingOf(row.Kind).Enqueue(row);
    }

    /// <summary>Examines the times that have come, until the round is spent.</summary>
    public void Look(long now, ScheduleRound round)
    {
        if (watch is not null)
        {
            LookAtFolder(watch, now, round);
            return;
        }

        while (DueAt <= now && !round.IsSpent)
        {
            round.Looks--;
            var time = next!.Value;
            var isLate = now - DueAt > Plan.StartWithin;
            // The first time that is not late completes the list of late ones.
            if (!isLate)
                RecordLate(round);
            SetNext(Plan.Times.Next(time));
            // A calendar has left the time out since it was stored.
            if (Plan.Times.ExclusionOf(time) is not null)
                continue;
            if (isLate)
                PassLate(time, round);
            else
                Fire(time, now, round);
        }

        if (DueAt > now)
            RecordLate(round);
        SavePosition(round);
    }

    /// <summary>Starts pending occurrences that may start, until the round is spent.</summary>
    public void StartPending(long now, ScheduleRound round)
    {
        while (CanStartBackfill && !round.IsSpent)
            StartWhenRoom(pendingBackfill, now, round);
        while (CanStartPendingTime && !round.IsSpent)
            StartWaiting(pendingTimes.Dequeue(), now, round);
        while (CanStartFile && !round.IsSpent)
            StartWhenRoom(pendingFiles, now, round);
    }

    /// <summary>
    /// Takes the answer to the look with this number, unless another look or a change has replaced it. New files become
    /// pending in the commit that stores that they were seen.
    /// </summary>
    public void Listed(long number, FolderReply reply, long now, ScheduleRound round)
    {
        if (!isLooking || number != look || watch is null)
            return;
        isLooking = false;
        var (found, isChanged) = watch.Compare(reply, now, ServiceLimits.WaitingFiles - pendingFiles.Count);
        foreach (var name in found)
            Add(pendingFiles, lookAt, OccurrenceKind.File, round, watch.Folder.PathOf(name));
        if (isChanged)
            Keep(watch, round);
        lookAgainAt = watch.LookAgainIn is { } wait ? now + wait : long.MaxValue;
        // Until its files have settled, the time may have to be repeated after a restart.
        if (reply.Fault is null && lookAgainAt == long.MaxValue && Row.NextAt != (next ?? 0)
            && (isChanged || MustStorePosition))
            SavePosition(round);
    }

    /// <summary>Lets backfills and files try again, because the queue may have room.</summary>
    public void EndRest() => isResting = false;

    /// <summary>Starts an occurrence at once, regardless of pause and overlap. Null if the queue has no room.</summary>
    public TaskId? Trigger(long now, ScheduleRound round)
    {
        var row = new OccurrenceRow(0, Row.No, now, OccurrenceKind.Trigger, OccurrenceOutcome.Started);
        if (round.Start(this, row) is not { } task)
            return null;
        Started(row with { No = NewRow(round) }, task, now, round);
        return task;
    }

    /// <summary>Records the end of what an occurrence started. Returns false if it is not open here.</summary>
    public bool Ended(TaskId id, TaskState state, long now, ScheduleDraft draft)
    {
        if (!open.Remove(id, out var row))
            return false;
        lateness?.Ended(row, now);
        if (row.Kind == OccurrenceKind.Backfill)
            openBackfills--;
        draft.Put(row with { State = state });
        return true;
    }

    /// <summary>Reports starts that will not end, or have not ended, in the expected time.</summary>
    public void LookLate(long now, ScheduleRound round)
    {
        for (var count = lateness!.Look(now, open, round.IsWaiting); count > 0; count--)
        {
            round.Draft.Tell(Row.Id, ResourceState.Late);
            Save(Row, round);
        }
    }

    /// <summary>
    /// Pauses the schedule: later times have no occurrences. Times that are due start as usual. Times that wait, for
    /// their jitter or for an earlier occurrence, are skipped.
    /// </summary>
    public void Pause(long now, ScheduleRound round)
    {
        if (Row.Paused)
            return;
        Look(now, round);
        LeaveOut(round);
        SkipDelayed(now, round);
        Row = Row with { Paused = true };
        round.Draft.Tell(Row.Id, ResourceState.Paused);
        Restart(now, round);
    }

    /// <summary>Resumes the schedule: times count from now on.</summary>
    public void Resume(long now, ScheduleRound round)
    {
        if (!Row.Paused)
            return;
        Row = Row with { Paused = false };
        round.Draft.Tell(Row.Id, ResourceState.Resumed);
        Restart(now, round);
    }

    /// <summary>
    /// Replaces the plan. Times that have come follow the old plan; later times count from now. A time that waits for
    /// its jitter keeps its start if the new plan has the same time; otherwise it is skipped.
    /// </summary>
    public void Replace(SchedulePlan plan, ScheduleTemplate template, bool paused, long now, ScheduleRound round)
    {
        Look(now, round);
        if (paused)
            LeaveOut(round);
        var keepsNext = !paused && KeepsNext(plan, now);
        if (!keepsNext)
            SkipDelayed(now, round);
        (Plan, Template, lastIdle) = (plan, template, null);
        Watch(plan.Files, round);
        lateness?.Clear();
        foreach (var (id, row) in open)
            Expect(id, row);
        Row = Row with { Paused = paused };
        round.Draft.Tell(Row.Id, ResourceState.Changed);
        Restart(now, round, keepsNext);
    }

    /// <summary>
    /// Follows other versions of calendars. Times that have started or been skipped stay so. A time that waits for its
    /// jitter is dropped if the calendars exclude it when it is due.
    /// </summary>
    public void Follow(CalendarSet calendars, long now, ScheduleRound round)
    {
        if (DueAt <= now)
            Look(now, round);
        Plan = Plan with { Times = Plan.Times.With(calendars) };
        // A time that has come and waits, for its jitter or for another round, stays the next one.
        if (Row.Paused || next <= now)
            return;
        var before = Row.NextAt;
        SetNext(Plan.Times.Next(Math.Max(now, Row.LastAt)));
        if ((next ?? 0) != before && late.Count == 0)
            SavePosition(round);
    }

    /// <summary>Raises the version, because a user has changed something.</summary>
    public void Changed(ScheduleRound round) => Save(Row with { Version = Row.Version + 1 }, round);

    /// <summary>
    /// Stores times of a past range, in order, as pending occurrences. They do not come again, even if the clock is set
    /// back.
    /// </summary>
    public void Backfill(IReadOnlyList<long> times, int parallel, ScheduleRound round)
    {
        var last = times.Count > 0 ? times[^1] : 0;
        Save(Row with { Parallel = parallel, LastAt = Math.Max(Row.LastAt, last) }, round);
        foreach (var time in times)
            Add(pendingBackfill, time, OccurrenceKind.Backfill, round);
    }

    /// <summary>Drops the occurrences of backfills that have not started, and returns their number.</summary>
    public int CancelBackfill(ScheduleDraft draft)
    {
        var count = pendingBackfill.Count;
        foreach (var row in pendingBackfill)
            draft.Drop(row);
        pendingBackfill.Clear();
        return count;
    }

    /// <summary>Returns whether the schedule or a backfill has yet to start a time.</summary>
    public bool IsWaiting(long time) =>
        time >= next || late.Contains(time) || pendingTimes.Concat(pendingBackfill).Any(row => row.At == time);

    /// <summary>Returns whether what a time started is open, even if the store does not show it yet.</summary>
    public bool IsOpen(long time) => open.Values.Any(row => row.Kind != OccurrenceKind.Trigger && row.At == time);

    private void SetNext(long? time)
    {
        next = time;
        nextDueAt = time is not { } at ? long.MaxValue
            : Plan.Jitter == 0 ? at
            : at + ScheduleJitter.Of(Row.Id, at, Plan.Times.Next(at), Plan.Jitter);
    }

    private void Fire(long time, long now, ScheduleRound round)
    {
        if (IsBlackout(time, round))
            PassOver(time, OccurrenceOutcome.Skipped, SkipReason.Blackout, round);
        else if (Plan.Overlap == Overlap.Allow || open.Count + pendingTimes.Count == 0)
            StartInTime(time, now, round);
        else if (Plan.Overlap == Overlap.QueueOne && pendingTimes.Count == 0)
            Add(pendingTimes, time, OccurrenceKind.Time, round);
        else
            PassOver(time, OccurrenceOutcome.Skipped, SkipReason.Overlap, round);
        Row = Row with { LastAt = time };
    }

    private void StartInTime(long time, long now, ScheduleRound round)
    {
        var row = new OccurrenceRow(0, Row.No, time, OccurrenceKind.Time, OccurrenceOutcome.Started);
        if (round.Start(this, row) is not { } task)
        {
            PassOver(time, OccurrenceOutcome.Skipped, SkipReason.QueueFull, round);
            return;
        }

        lastIdle = null;
        Started(row with { No = NewRow(round) }, task, now, round);
    }

    // Times that passed while nobody looked need one look. A time that comes during a look needs none. While as many files
    // as allowed wait, a look could take no more.
    private void LookAtFolder(FolderWatch folder, long now, ScheduleRound round)
    {
        if (DueAt > now)
            return;
        round.Looks--;
        lookAgainAt = long.MaxValue;
        if (nextDueAt <= now && next is { } time)
        {
            // After a restart, the folder may have been looked at in times since the stored one.
            for (var i = 0; i < MostUnstored && Plan.Times.Next(time) is { } later && later <= now; i++)
                time = later;
            lookAt = time;
            SetNext(Plan.Times.Next(Math.Max(now, time)));
            if (Plan.Times.ExclusionOf(time) is not null)
                return;
        }

        if (isLooking || IsBlackout(lookAt, round))
            return;
        if (pendingFiles.Count >= ServiceLimits.WaitingFiles)
        {
            lookAgainAt = now + folder.Rest;
            return;
        }

        isLooking = true;
        round.Draft.Looks.Add(new FolderLook(Row.Id, ++look, folder.Folder));
    }

    private void Watch(WatchedFolder? folder, ScheduleRound round)
    {
        (isLooking, lookAgainAt) = (false, long.MaxValue);
        if (folder is null)
        {
            if (watch is not null)
                round.Draft.Put(new FolderRow(Row.No, default));
            watch = null;
        }
        else if (watch is null)
            watch = new FolderWatch(folder, null);
        else
        {
            watch.Change(folder);
            round.Draft.Put(watch.ToRow(Row.No));
        }
    }

    private void Keep(FolderWatch folder, ScheduleRound round)
    {
        round.Draft.Put(folder.ToRow(Row.No));
        Save(Row, round);
    }

    // A late time waits to be recorded as long as it may be among the newest.
    private void PassLate(long time, ScheduleRound round)
    {
        late.Enqueue(time);
        if (late.Count > Plan.MostCaughtUp)
            Miss(round);
    }

    // No further time is late. The newest late times become pending as far as others leave room; the rest are missed.
    private void RecordLate(ScheduleRound round)
    {
        while (late.Count > Math.Max(0, Plan.MostCaughtUp - pendingTimes.Count))
            Miss(round);
        while (late.TryDequeue(out var time))
        {
            if (IsBlackout(time, round))
                PassOver(time, OccurrenceOutcome.Skipped, SkipReason.Blackout, round);
            else
                Add(pendingTimes, time, OccurrenceKind.Time, round);
            Row = Row with { LastAt = time };
        }
    }

    private bool IsBlackout(long time, ScheduleRound round) => Plan.OnBlackout == OnBlackout.Skip && round.IsBlackout(time);

    private void Miss(ScheduleRound round)
    {
        var time = late.Dequeue();
        PassOver(time, OccurrenceOutcome.Missed, SkipReason.None, round);
        Row = Row with { LastAt = time };
    }

    // A user asked for the range, and no file may be lost, so a full queue delays these occurrences instead of skipping
    // them.
    private void StartWhenRoom(Queue<OccurrenceRow> pending, long now, ScheduleRound round)
    {
        round.Firings--;
        if (round.Start(this, pending.Peek()) is { } task)
            Started(pending.Dequeue(), task, now, round);
        else
            isResting = true;
    }

    private Queue<OccurrenceRow> PendingOf(OccurrenceKind kind) => kind switch
    {
        OccurrenceKind.Backfill => pendingBackfill,
        OccurrenceKind.File => pendingFiles,
        _ => pendingTimes,
    };

    private void StartWaiting(OccurrenceRow row, long now, ScheduleRound round)
    {
        round.Firings--;
        if (round.Start(this, row) is { } task)
            Started(row, task, now, round);
        else
            Skip(row, SkipReason.QueueFull, round);
    }

    private void Skip(OccurrenceRow row, SkipReason reason, ScheduleRound round)
    {
        round.Draft.Put(row with { Outcome = OccurrenceOutcome.Skipped, Reason = reason });
        round.Draft.Tell(Row.Id, ResourceState.Skipped);
    }

    private void Started(OccurrenceRow row, TaskId id, long now, ScheduleRound round)
    {
        round.Firings -= Template.Weight;
        row = row with { Outcome = OccurrenceOutcome.Started, StartedAt = now };
        row = Template.Target switch
        {
            ScheduleTarget.Task => row with { Task = id },
            ScheduleTarget.Job => row with { Job = id },
            _ => row with { Workflow = id },
        };
        AddOpen(row);
        round.Draft.Put(row);
        round.Draft.Tell(Row.Id, ResourceState.Started);
        if (row.Kind != OccurrenceKind.Backfill)
            Save(Row with { LastRun = row.At }, round);
    }

    private void AddOpen(OccurrenceRow row)
    {
        if (row.StartedId is not { } id || !open.TryAdd(id, row))
            return;
        Expect(id, row);
        if (row.Kind == OccurrenceKind.Backfill)
            openBackfills++;
    }

    private void Expect(TaskId id, OccurrenceRow row)
    {
        if (Plan.ExpectBy is { } within && row.Kind != OccurrenceKind.Backfill)
            (lateness ??= new LateWatch(open.ContainsKey)).Add(id, row, within);
    }

    private void Add(Queue<OccurrenceRow> pending, long time, OccurrenceKind kind, ScheduleRound round, string? file = null)
    {
        round.Firings--;
        var row = new OccurrenceRow(NewRow(round), Row.No, time, kind, OccurrenceOutcome.Pending) { File = file };
        pending.Enqueue(row);
        round.Draft.Put(row);
        if (kind == OccurrenceKind.Time)
            lastIdle = null;
    }

    private void PassOver(long time, OccurrenceOutcome outcome, SkipReason reason, ScheduleRound round)
    {
        if (lastIdle is { } idle && idle.Outcome == outcome && idle.Reason == reason)
            lastIdle = idle with { Until = time, Count = idle.Count + 1 };
        else
        {
            lastIdle = new OccurrenceRow(NewRow(round), Row.No, time, OccurrenceKind.Time, outcome) { Reason = reason };
            round.Draft.Tell(Row.Id, outcome == OccurrenceOutcome.Missed ? ResourceState.Missed : ResourceState.Skipped);
        }

        round.Draft.Put(lastIdle);
    }

    // Skips the times that wait for their start, because the schedule is paused.
    private void LeaveOut(ScheduleRound round)
    {
        RecordLate(round);
        while (pendingTimes.TryDequeue(out var row))
            Skip(row, SkipReason.Overlap, round);
    }

    // Skips the next time if it has come and waits for its jitter. With a watched folder there is nothing to skip: the
    // times are looks at the folder, and only files have occurrences.
    private void SkipDelayed(long now, ScheduleRound round)
    {
        if (watch is not null || next is not { } time || time > now || Plan.Times.ExclusionOf(time) is not null)
            return;
        RecordLate(round);
        PassOver(time, OccurrenceOutcome.Skipped, SkipReason.None, round);
        Row = Row with { LastAt = time };
    }

    // Whether the next time has come, waits for its jitter, and is also a time of the new plan. False if the new plan
    // has further times that have come and that the old plan lacks: a change must not start them at once.
    private bool KeepsNext(SchedulePlan plan, long now)
    {
        if (next is not { } time || time > now || (watch is null) != (plan.Files is null))
            return false;
        if (plan.Times.Next(time - 1) != time)
            return false;
        var later = plan.Times.Next(time);
        return later is null || later > now || later == Plan.Times.Next(time);
    }

    private void Restart(long now, ScheduleRound round, bool keepsNext = false)
    {
        RecordLate(round);
        if (!keepsNext)
            SetNext(Row.Paused ? null : Plan.Times.Next(Math.Max(now, Row.LastAt)));
        lastIdle = null;
        SavePosition(round);
        Changed(round);
    }

    private void SavePosition(ScheduleRound round) =>
        Save(Row with { NextAt = late.Count > 0 ? late.Peek() : next ?? 0 }, round);

    private void Save(ScheduleRow row, ScheduleRound round)
    {
        Row = row;
        round.Draft.Put(row);
    }

    private long NewRow(ScheduleRound round)
    {
        if (++rowsSinceTrim >= TrimEvery)
        {
            rowsSinceTrim = 0;
            round.Draft.Trim(Row.No);
        }

        return round.NextNo();
    }
}
