using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>
/// The schedules of a queue: finds the one that is due, that may start a waiting occurrence, or that started what has
/// ended. The rules of one schedule are in <see cref="LiveSchedule"/>. Does no I/O and reads no clock. Times are Unix
/// milliseconds of the wall clock; a clock change needs no call, because schedules use times of day only.
/// </summary>
internal sealed class ScheduleCore
{
    /// <summary>Limit on the schedules of a queue.</summary>
    public const int MostSchedules = ServiceLimits.Schedules;

    /// <summary>Limit on the total bytes of the specs of a queue's schedules, which are kept in memory.</summary>
    public const long MostSpecBytes = ServiceLimits.ScheduleBytes;

    /// <summary>Limit on the schedules of a queue that watch folders, because memory has the files that they have seen.</summary>
    public const int MostWatching = ServiceLimits.WatchingSchedules;

    /// <summary>Limit on the occurrences of one backfill.</summary>
    public const int MostBackfilled = BackfillReader.MostOccurrences;

    /// <summary>Number of a schedule's waiting backfill times at which a further backfill is refused.</summary>
    public const int MostWaitingBackfills = ServiceLimits.WaitingBackfills;

    // Milliseconds that backfills wait before they try a full queue again.
    private const long RestWhenFull = 1_000;

    // Counting stops here, because it would keep others waiting. Gateways have refused larger ranges.
    private const int MostCounted = 10_000;

    private readonly Dictionary<string, LiveSchedule> byId = new(StringComparer.Ordinal);
    private readonly Dictionary<long, LiveSchedule> byNo = [];

    // By the ids of the open tasks, jobs and workflows that they have started.
    private readonly Dictionary<TaskId, LiveSchedule> byStarted = [];
    private readonly UnreadableSchedules unreadable = new();
    private readonly TimeWatch<(LiveSchedule Schedule, long At)> times;

    // When to look for starts that are late.
    private readonly TimeWatch<(LiveSchedule Schedule, long At)> lateTimes;

    // Schedules with a pending occurrence that may start, each at most once.
    private readonly Queue<LiveSchedule> ready = new();
    private readonly HashSet<LiveSchedule> isReady = [];

    // Schedules whose backfills wait for room in the queue, and when they try again.
    private readonly HashSet<LiveSchedule> resting = [];
    private long restUntil = long.MaxValue;
    private readonly Func<long> nextNo;
    private long specBytes;

    /// <param name="nextNo">Returns numbers for rows, each larger than the one before.</param>
    public ScheduleCore(Func<long> nextNo)
    {
        this.nextNo = nextNo;
        times = new TimeWatch<(LiveSchedule Schedule, long At)>(Applies);
        lateTimes = new TimeWatch<(LiveSchedule Schedule, long At)>(AppliesLate);
    }

    /// <summary>Number of schedules, including those that cannot be read.</summary>
    public int Count => byId.Count + unreadable.Count;

    /// <summary>The earliest time at which <see cref="Tick"/> has work, or <see cref="long.MaxValue"/>.</summary>
    public long Next => ready.Count > 0 ? 0 : Math.Min(Math.Min(times.Next, lateTimes.Next), restUntil);

    /// <summary>
    /// Returns whether there is room for a schedule. <paramref name="isNew"/> is false in place of another, which
    /// <paramref name="replaced"/> has unless it cannot be read.
    /// </summary>
    public bool HasRoom(SchedulePlan plan, ScheduleTemplate template, LiveSchedule? replaced, bool isNew)
    {
        if (plan.Files is not null && replaced?.Plan.Files is null
            && byId.Values.Count(static schedule => schedule.Plan.Files is not null) >= MostWatching)
            return false;
        var freed = replaced is null ? 0 : BytesOf(replaced.Template);
        return (!isNew || Count < MostSchedules) && specBytes - freed + BytesOf(template) <= MostSpecBytes;
    }

    /// <summary>Loads a stored schedule when the queue is loaded.</summary>
    public void Load(ScheduleRow row, SchedulePlan plan, ScheduleTemplate template, FolderRow? folder = null) =>
        Add(new LiveSchedule(row, plan, template, folder));

    /// <summary>Loads a stored schedule whose body cannot be read. It has no times, but can be deleted.</summary>
    public void LoadUnreadable(ScheduleRow row) => unreadable.Load(row);

    /// <summary>Loads a stored occurrence that is pending or open, after its schedule; in order of numbers.</summary>
    public void Load(OccurrenceRow row)
    {
        if (!byNo.TryGetValue(row.Schedule, out var schedule))
        {
            unreadable.Load(row);
            return;
        }

        schedule.Load(row);
        if (row is { Outcome: OccurrenceOutcome.Started, State: null, StartedId: { } id })
            byStarted[id] = schedule;
        FollowLate(schedule);
        NoteReady(schedule);
    }

    /// <summary>Returns the schedule with an id; null if there is none.</summary>
    public LiveSchedule? Find(string id) => byId.GetValueOrDefault(id);

    /// <summary>Returns the schedules from which calendars leave times out.</summary>
    public LiveSchedule[] WithCalendars() => [.. byId.Values.Where(static schedule => schedule.Plan.Times.HasCalendars)];

    /// <summary>Returns the row of an unreadable schedule with an id; null if there is none.</summary>
    public ScheduleRow? FindUnreadable(string id) => unreadable.Find(id);

    /// <summary>
    /// Adds a new schedule with an unused id. Its first occurrence is later than <paramref name="now"/>.
    /// </summary>
    public LiveSchedule Create(
        string id, SchedulePlan plan, ScheduleTemplate template, bool paused, long now, ScheduleDraft draft, long version = 1)
    {
        var nextAt = paused ? 0 : plan.Times.Next(now) ?? 0;
        var row = new ScheduleRow(nextNo(), id, version, paused, now, nextAt, LastAt: 0, LastRun: 0, Parallel: 1);
        var schedule = new LiveSchedule(row, plan, template);
        Add(schedule);
        draft.Put(row);
        return schedule;
    }

    /// <summary>Removes a schedule. What it started continues; what waits is dropped.</summary>
    public void Delete(LiveSchedule schedule)
    {
        byId.Remove(schedule.Row.Id);
        byNo.Remove(schedule.Row.No);
        specBytes -= BytesOf(schedule.Template);
        foreach (var id in schedule.Open)
            byStarted.Remove(id);
    }

    /// <summary>Removes a schedule that cannot be read.</summary>
    public void DeleteUnreadable(ScheduleRow row) => unreadable.Delete(row);

    /// <summary>Changes a schedule by a call of one of its methods that take a round.</summary>
    public void Change(LiveSchedule schedule, Action<LiveSchedule, ScheduleRound> change, ScheduleRound round)
    {
        specBytes -= BytesOf(schedule.Template);
        change(schedule, round);
        specBytes += BytesOf(schedule.Template);
        NoteStarted(round);
        Follow(schedule);
    }

    /// <summary>
    /// Adds occurrences for the times from <paramref name="from"/> to before <paramref name="to"/>, except those that
    /// wait for their start or were started before. Returns null if there are more than <see cref="MostBackfilled"/>.
    /// </summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="from">The first time of the range.</param>
    /// <param name="to">The end of the range, exclusive.</param>
    /// <param name="parallel">Limit on the occurrences that are open at once.</param>
    /// <param name="started">The times that the store shows as started; null to start them again.</param>
    /// <param name="round">The round that gets the changes.</param>
    /// <param name="count">The number of times in the range.</param>
    public (int Accepted, int LeftOut)? Backfill(
        LiveSchedule schedule, long from, long to, int parallel, IReadOnlySet<long>? started, ScheduleRound round, out int count)
    {
        count = 0;
        var accepted = new List<long>();
        for (var at = schedule.Plan.Times.Next(from - 1); at < to && count < MostCounted; at = schedule.Plan.Times.Next(at.Value))
        {
            if (++count <= MostBackfilled && !IsTaken(schedule, at.Value, started))
                accepted.Add(at.Value);
        }

        if (count > MostBackfilled)
            return null;
        schedule.Backfill(accepted, parallel, round);
        NoteReady(schedule);
        return (accepted.Count, count - accepted.Count);
    }

    /// <inheritdoc cref="Ended(TaskId, TaskState, long, ScheduleDraft)"/>
    public void Ended(TaskId id, TaskState state, long now, CommitDraft draft)
    {
        if (byStarted.ContainsKey(id) || unreadable.IsOpen(id))
            Ended(id, state, now, draft.Schedules);
    }

    /// <summary>Handles the end of a task, job or workflow. If an occurrence started it, the next may start.</summary>
    public void Ended(TaskId id, TaskState state, long now, ScheduleDraft draft)
    {
        if (!byStarted.Remove(id, out var schedule))
        {
            unreadable.Ended(id, state, draft);
            return;
        }

        schedule.Ended(id, state, now, draft);
        NoteReady(schedule);
    }

    /// <summary>Starts due and waiting occurrences, until the round is spent.</summary>
    public void Tick(long now, ScheduleRound round)
    {
        EndRests(now);
        while (!round.IsSpent)
        {
            if (ready.TryDequeue(out var schedule))
            {
                isReady.Remove(schedule);
                if (byNo.GetValueOrDefault(schedule.Row.No) != schedule)
                    continue;
                schedule.StartPending(now, round);
                NoteStarted(round);
                FollowLate(schedule);
                NoteReady(schedule);
                if (schedule.IsResting)
                    Rest(schedule, now);
            }
            else if (lateTimes.TryTake(now, out var late))
            {
                if (!AppliesLate(late))
                    continue;
                late.Schedule.WatchedLateAt = long.MaxValue;
                late.Schedule.LookLate(now, round);
                FollowLate(late.Schedule);
            }
            else if (times.TryTake(now, out var due))
            {
                if (!Applies(due))
                    continue;
                due.Schedule.Look(now, round);
                NoteStarted(round);
                Follow(due.Schedule);
            }
            else
                return;
        }
    }

    private static bool IsTaken(LiveSchedule schedule, long time, IReadOnlySet<long>? started) =>
        schedule.IsWaiting(time) || (started is not null && (started.Contains(time) || schedule.IsOpen(time)));

    private static long BytesOf(ScheduleTemplate template) => template.Spec.Length + template.SecretEnv.Length;

    private void Add(LiveSchedule schedule)
    {
        byId.Add(schedule.Row.Id, schedule);
        byNo.Add(schedule.Row.No, schedule);
        specBytes += BytesOf(schedule.Template);
        Follow(schedule);
    }

    private void NoteStarted(ScheduleRound round)
    {
        foreach (var (schedule, id) in round.TakeStarted())
            byStarted[id] = schedule;
    }

    // Watches the schedule's next time, and notes whether a waiting occurrence may start.
    private void Follow(LiveSchedule schedule)
    {
        if (schedule.DueAt != long.MaxValue)
            times.Add((schedule, schedule.DueAt), schedule.DueAt);
        FollowLate(schedule);
        NoteReady(schedule);
    }

    private void FollowLate(LiveSchedule schedule)
    {
        if (schedule.LateAt == schedule.WatchedLateAt)
            return;
        schedule.WatchedLateAt = schedule.LateAt;
        if (schedule.LateAt != long.MaxValue)
            lateTimes.Add((schedule, schedule.LateAt), schedule.LateAt);
    }

    private void NoteReady(LiveSchedule schedule)
    {
        if (schedule.CanStartPending && isReady.Add(schedule))
            ready.Enqueue(schedule);
    }

    private void Rest(LiveSchedule schedule, long now)
    {
        if (resting.Add(schedule))
            restUntil = Math.Min(restUntil, now + RestWhenFull);
    }

    // A clock that was set back must not prolong the rest.
    private void EndRests(long now)
    {
        if (resting.Count == 0 || (now < restUntil && restUntil - now <= RestWhenFull))
            return;
        foreach (var schedule in resting)
        {
            schedule.EndRest();
            NoteReady(schedule);
        }

        resting.Clear();
        restUntil = long.MaxValue;
    }

    // A watched time is void once the schedule has another one or is deleted.
    private bool Applies((LiveSchedule Schedule, long At) entry) =>
        entry.Schedule.DueAt == entry.At && byNo.GetValueOrDefault(entry.Schedule.Row.No) == entry.Schedule;

    private bool AppliesLate((LiveSchedule Schedule, long At) entry) =>
        entry.Schedule.LateAt == entry.At && byNo.GetValueOrDefault(entry.Schedule.Row.No) == entry.Schedule;
}
